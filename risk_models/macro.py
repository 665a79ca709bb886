"""Macroeconomic columns from a file, joined by date, as they were known then."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from risk_models.errors import DataError
from risk_models.mapping import Macro


def join_macro(features: pd.DataFrame, dates: pd.Series, macro: Macro, folder: Path) -> pd.DataFrame:
    """Add the macro columns: of each row's date the newest figures published at or before it.

    Raises:
        DataError: the file is absent or lacks a column.
    """
    path = folder / macro.file
    if not path.is_file():
        raise DataError(f"{path}: there is no such macro file")
    table = pd.read_csv(path)
    absent = sorted({macro.date_column, *macro.columns} - set(table.columns))
    if absent:
        raise DataError(f"{path}: expected the columns {', '.join(absent)}")
    lag = pd.Timedelta(days=macro.publication_lag_days)
    known_from = pd.to_datetime(table[macro.date_column], utc=True) + lag
    figures = table[macro.columns].astype("float64").assign(known_from=known_from).sort_values("known_from")
    order = dates.sort_values(kind="stable").index
    left = pd.DataFrame({"date": dates.loc[order], "row": order})
    joined = pd.merge_asof(left, figures, left_on="date", right_on="known_from")
    joined = joined.set_index("row").loc[features.index, macro.columns]
    return pd.concat([features, joined], axis=1)
