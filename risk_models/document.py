"""A model's document: everything that has to be known to score with it, judge it and trace it.

One JSON text. The registry and the warehouse keep it with its SHA-256, and refuse another one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import ValidationError

from risk_models.dataset import read_feature
from risk_models.drift import Reference
from risk_models.errors import DataError, ModelError
from risk_models.mapping import Mapping
from risk_models.serving import Model, read_model


@dataclass(frozen=True)
class Training:
    """Where a model came from. ``trained_until`` is a date, or None where the data have none."""

    data_hash: str
    code_version: str
    seed: int
    rows: int
    bad: int
    trained_until: str | None
    left_out: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ModelDocument:
    """A model with its mapping, its training, its figures on held-out rows, and what training looked like."""

    mapping: Mapping
    kind: str
    model: Model
    training: Training
    reference: Reference
    figures: dict[str, float]

    @property
    def name(self) -> str:
        """The registered name: that of the mapping."""
        return self.mapping.name

    def features(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the model's features of a table that has the mapping's columns.

        A column that is absent is missing everywhere; what the model does with that is fixed in it.
        """
        mapped = {
            name: self.mapping.features[name] for name in self.model.features if name in self.mapping.features
        }
        needed = [feature.column for feature in mapped.values() if feature.column]
        filled = table.assign(**{column: None for column in needed if column not in table})
        return pd.DataFrame(
            {name: read_feature(filled, feature) for name, feature in mapped.items()}, index=table.index
        )

    def score(self, table: pd.DataFrame) -> pd.DataFrame:
        """Score the rows of a table that has the mapping's columns."""
        return self.model.score(self.features(table))

    def probability(self, table: pd.DataFrame) -> NDArray[np.float64]:
        """Return the probability alone, without reasons, of the rows of such a table."""
        return self.model.probability(self.features(table))

    def text(self) -> str:
        """Return the document as JSON."""
        document = {
            "mapping": self.mapping.model_dump(exclude_none=True),
            "kind": self.kind,
            "model": self.model.definition(),
            "training": vars(self.training),
            "reference": self.reference.as_json(),
            "figures": self.figures,
        }
        return json.dumps(document, separators=(",", ":"), allow_nan=False)

    @classmethod
    def read(cls, text: str) -> Self:
        """Read what :meth:`text` gave.

        Raises:
            ModelError: it is not a document that this code can score with.
        """
        try:
            data: dict[str, Any] = json.loads(text)
            return cls(
                mapping=Mapping.model_validate(data["mapping"]),
                kind=data["kind"],
                model=read_model(data["model"]),
                training=Training(**data["training"]),
                reference=Reference.from_json(data["reference"]),
                figures=dict(data["figures"]),
            )
        except (KeyError, TypeError, ValueError, ValidationError, DataError) as error:
            first = str(error).splitlines()[0] if str(error) else "no text"
            raise ModelError(f"the model's document is broken: {type(error).__name__} {first}") from None


@dataclass(frozen=True)
class Registered:
    """One version of a model, as the registry has it; ``text`` is the document as it stands there."""

    name: str
    version: int
    document: ModelDocument
    text: str
