"""A mapping: one YAML file that tells the pipeline what a data set's columns are.

The pipeline knows no data set. ``docs/models.md`` lists the keys.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from risk_models.errors import DataError

FOLDER = Path(__file__).with_name("mappings")

Direction = Literal["increasing", "decreasing", "auto"]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FileFormat(_Strict):
    """How the file is read; ``names`` where it has no header line."""

    kind: Literal["csv", "parquet"] = "csv"
    separator: str = ","
    names: list[str] | None = None


class Target(_Strict):
    """What a bad outcome is: the values of ``column``, compared as text."""

    column: str
    bad: list[str] = Field(min_length=1)
    good: list[str] = Field(min_length=1)


class FeatureMapping(_Strict):
    """One feature: a column as it is, or an expression over columns.

    ``risk`` says how risk may move with a number: it rises (``increasing``), falls
    (``decreasing``), or in the one direction that the data shows (``auto``). ``reason`` is what a
    declined person is told.
    """

    column: str | None = None
    expression: str | None = None
    type: Literal["number", "category"] = "number"
    risk: Direction = "auto"
    reason: str = Field(min_length=1)

    @model_validator(mode="after")
    def _has_one_origin(self) -> Self:
        if (self.column is None) == (self.expression is None):
            raise ValueError("expected either column or expression")
        if self.expression is not None and self.type == "category":
            raise ValueError("an expression is a number, not a category")
        return self


class Group(_Strict):
    """A group of people that fairness is judged by; never a feature by being named here."""

    column: str
    values: dict[str, str] | None = None
    edges: list[float] | None = None


class Macro(_Strict):
    """Macroeconomic columns, joined by date: the newest row published at or before the row's date."""

    file: str
    date_column: str
    publication_lag_days: int = Field(0, ge=0)
    columns: list[str] = Field(min_length=1)


class Mapping(_Strict):
    """One data set as the pipeline sees it."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")
    about: str
    format: FileFormat = FileFormat()
    target: Target
    id_column: str | None = None
    date_column: str | None = None
    features: dict[str, FeatureMapping] = Field(min_length=1)
    groups: dict[str, Group] = {}
    macro: Macro | None = None

    def reasons(self) -> dict[str, str]:
        """Feature to what a declined person is told."""
        return {name: feature.reason for name, feature in self.features.items()}


def load_mapping(name_or_path: str) -> Mapping:
    """Read a mapping: a path, or the name of one in ``risk_models/mappings``.

    Raises:
        DataError: there is none, or it is malformed; the text names the file and the entry.
    """
    path = Path(name_or_path)
    if path.suffix not in {".yaml", ".yml"}:
        path = FOLDER / f"{name_or_path}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in FOLDER.glob("*.yaml")))
        raise DataError(f"{path}: there is no such mapping; name a YAML file or one of {known}")
    try:
        return Mapping.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise DataError(f"{path}: not YAML: {str(error).splitlines()[0]}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise DataError(f"{path}: {where}: {first['msg'].removeprefix('Value error, ')}") from None
