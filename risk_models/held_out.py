"""Rows that no registered model is trained on, so that models can be compared on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from risk_models.dataset import Dataset

HELD_OUT_PARTS = 5
"""One of so many rows is held out; with dates, the newest ones."""


@dataclass(frozen=True)
class Split:
    """The rows to train on and those held out; ``trained_until`` is the first date held out."""

    training: Dataset
    held_out: Dataset
    trained_until: str | None


def split(dataset: Dataset, trained_until: str | None = None) -> Split:
    """Hold out the newest fifth, or, without dates, the fifth that each row's checksum picks.

    ``trained_until`` moves the boundary to a date, to judge two models on what neither has seen.
    """
    if dataset.dates is not None:
        newest = dataset.dates.sort_values().iloc[len(dataset) - max(len(dataset) // HELD_OUT_PARTS, 1)]
        boundary = pd.Timestamp(trained_until) if trained_until else newest
        held = (dataset.dates >= boundary).to_numpy()
        return Split(
            dataset.rows(np.flatnonzero(~held)), dataset.rows(np.flatnonzero(held)), boundary.isoformat()
        )
    held = dataset.row_key % HELD_OUT_PARTS == 0
    return Split(dataset.rows(np.flatnonzero(~held)), dataset.rows(np.flatnonzero(held)), None)
