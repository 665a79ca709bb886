"""A data set as models take it: typed features, outcomes, groups, and a hash of where they came from."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from risk_models.errors import DataError
from risk_models.expressions import evaluate
from risk_models.macro import join_macro
from risk_models.mapping import FeatureMapping, Group, Mapping, load_mapping

Flags = NDArray[np.int8]
Floats = NDArray[np.float64]

CLASS_ROWS_MIN = 20


@dataclass(frozen=True)
class Dataset:
    """``features`` and ``groups`` have one row per applicant; ``bad`` is 1 where the outcome was bad.

    Numbers are float64 with NaN for missing, categories are text with None. ``left_out`` says of
    features that cannot be used why. ``row_key`` is a checksum of each row's id or content.
    """

    mapping: Mapping
    features: pd.DataFrame
    bad: Flags
    groups: pd.DataFrame
    dates: pd.Series | None
    row_key: NDArray[np.int64]
    data_hash: str
    left_out: dict[str, str]

    def __len__(self) -> int:
        return len(self.bad)

    def rows(self, chosen: NDArray[np.intp]) -> Dataset:
        """Return some rows, in the given order."""
        return replace(
            self,
            features=self.features.iloc[chosen].reset_index(drop=True),
            bad=self.bad[chosen],
            groups=self.groups.iloc[chosen].reset_index(drop=True),
            dates=None if self.dates is None else self.dates.iloc[chosen].reset_index(drop=True),
            row_key=self.row_key[chosen],
        )

    @property
    def categories(self) -> list[str]:
        """The features that are categories."""
        return [str(name) for name, values in self.features.items() if values.dtype == object]


def load_dataset(mapping_name: str, path: Path, *, folder: Path | None = None) -> Dataset:
    """Read a file through a mapping. ``folder`` is where the mapping's macro file lies.

    Raises:
        DataError: the file, a column or the outcomes aren't what the mapping says.
    """
    mapping = load_mapping(mapping_name)
    if not path.is_file():
        raise DataError(f"{path}: there is no such file")
    table = _read(mapping, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return build_dataset(mapping, table, digest, folder or path.parent)


def build_dataset(mapping: Mapping, table: pd.DataFrame, data_hash: str, folder: Path) -> Dataset:
    """Make a data set of a table that has the mapping's columns.

    Raises:
        DataError: a column is absent, an outcome unknown, or one outcome has too few rows.
    """
    _check_columns(mapping, table)
    bad = _outcomes(mapping, table)
    dates = _dates(mapping, table)
    columns = {name: read_feature(table, feature) for name, feature in mapping.features.items()}
    features = pd.DataFrame(columns)
    if mapping.macro is not None:
        if dates is None:
            raise DataError(f"{mapping.name}: macro needs date_column")
        features = join_macro(features, dates, mapping.macro, folder)
    left_out = unusable(features)
    features = features.drop(columns=list(left_out))
    if features.empty:
        raise DataError(f"{mapping.name}: no feature can be used: {_listed(left_out)}")
    groups = pd.DataFrame(
        {name: _group(table, one) for name, one in mapping.groups.items()}, index=table.index
    )
    return Dataset(mapping, features, bad, groups, dates, _row_keys(mapping, table), data_hash, left_out)


def read_feature(table: pd.DataFrame, feature: FeatureMapping) -> pd.Series:
    """Return one feature of a table, typed; what is no number where one is due is missing."""
    if feature.expression is not None:
        return evaluate(feature.expression, table)
    if feature.type == "category":
        values = table[feature.column].astype(object)
        return values.where(values.isna(), values.astype(str)).where(values.notna(), None)
    return pd.to_numeric(table[feature.column], errors="coerce").astype("float64")


def unusable(features: pd.DataFrame) -> dict[str, str]:
    """Return the features that say nothing, and why."""
    found = {}
    for name, values in features.items():
        distinct = values.nunique(dropna=True)
        if distinct == 0:
            found[str(name)] = "all values are missing"
        elif distinct == 1 and values.notna().all():
            found[str(name)] = "all values are equal"
    return found


def _read(mapping: Mapping, path: Path) -> pd.DataFrame:
    shape = mapping.format
    if shape.kind == "parquet":
        return pd.read_parquet(path)
    try:
        return pd.read_csv(
            path,
            sep=shape.separator,
            names=shape.names,
            header=None if shape.names else 0,
            dtype=str,
            engine="python" if shape.separator.startswith("\\") else "c",
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: not the text file that {mapping.name} describes: {error}") from None


def _check_columns(mapping: Mapping, table: pd.DataFrame) -> None:
    needed = [mapping.target.column, *[f.column for f in mapping.features.values() if f.column]]
    needed += [group.column for group in mapping.groups.values()]
    needed += [mapping.date_column] if mapping.date_column else []
    absent = sorted(set(needed) - set(map(str, table.columns)))
    if absent:
        raise DataError(f"{mapping.name}: the data lack the columns {', '.join(absent)}")


def _outcomes(mapping: Mapping, table: pd.DataFrame) -> Flags:
    values = table[mapping.target.column].astype(str)
    bad, good = values.isin(mapping.target.bad), values.isin(mapping.target.good)
    unknown = values[~(bad | good)]
    if len(unknown):
        raise DataError(
            f"{mapping.name}: {len(unknown)} rows have an outcome that is neither good nor bad, "
            f"the first is row {unknown.index[0]}: {unknown.iloc[0]!r}"
        )
    check_classes(bad.to_numpy().astype(np.int8), mapping.name)
    return bad.to_numpy().astype(np.int8)


def check_classes(bad: Flags, name: str) -> None:
    """Refuse outcomes that nothing can be learnt from.

    Raises:
        DataError: good or bad outcomes are fewer than 20.
    """
    count = int(bad.sum())
    if min(count, len(bad) - count) < CLASS_ROWS_MIN:
        raise DataError(
            f"{name}: expected at least {CLASS_ROWS_MIN} bad and as many good outcomes, "
            f"got {count} bad among {len(bad)} rows"
        )


def _dates(mapping: Mapping, table: pd.DataFrame) -> pd.Series | None:
    if mapping.date_column is None:
        return None
    dates = pd.to_datetime(table[mapping.date_column], errors="coerce", utc=True)
    if dates.isna().any():
        row = int(np.flatnonzero(dates.isna())[0])
        raise DataError(f"{mapping.name}: row {row}: {mapping.date_column} is not a date")
    return dates


def _row_keys(mapping: Mapping, table: pd.DataFrame) -> NDArray[np.int64]:
    named = [mapping.id_column] if mapping.id_column in table else list(table.columns)
    lines = table[named].astype(str).agg("|".join, axis=1)
    return np.array([zlib.crc32(line.encode()) for line in lines], dtype=np.int64)


def _group(table: pd.DataFrame, group: Group) -> pd.Series:
    values = table[group.column]
    if group.edges is not None:
        bounds = [-np.inf, *group.edges, np.inf]
        labels = [f"under {group.edges[0]:g}"]
        labels += [f"{low:g} to {high:g}" for low, high in pairwise(group.edges)]
        labels += [f"{group.edges[-1]:g} and over"]
        cut = pd.cut(pd.to_numeric(values, errors="coerce"), bounds, right=False, labels=labels)
        return cut.astype(object).where(cut.notna(), "unknown")
    names = group.values or {}
    return values.astype(str).map(lambda value: names.get(value, value) if names else value)


def _listed(left_out: dict[str, str]) -> str:
    return "; ".join(f"{name}: {why}" for name, why in left_out.items())
