"""Finds bins: a shallow decision tree on one feature, monotonic in risk for numbers.

Categories are put in the order of their smoothed bad rate first, so that like goes with like.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
from sklearn.tree import DecisionTreeClassifier

from risk_models.bins import Bins, counted
from risk_models.dataset import Dataset, Flags, Floats
from risk_models.mapping import Direction

BINS_MAX = 8
BIN_SHARE_MIN = 0.03
SMOOTHING_ROWS = 20.0
DIRECTIONS: dict[Direction, tuple[int, ...]] = {"auto": (1, -1), "increasing": (1,), "decreasing": (-1,)}


def find_bins(dataset: Dataset) -> dict[str, Bins]:
    """Return the bins of every feature of a training set."""
    found = {}
    for name, values in dataset.features.items():
        if values.dtype == object:
            found[str(name)] = _category_bins(values, dataset.bad)
        else:
            mapped = dataset.mapping.features.get(str(name))
            found[str(name)] = _number_bins(values, dataset.bad, mapped.risk if mapped else "auto")
    return found


def _number_bins(values: pd.Series, bad: Flags, risk: Direction) -> Bins:
    """Of the directions that are allowed, the one whose bins tell most."""
    known = values.notna().to_numpy()
    numbers = values[known].to_numpy(dtype=np.float64)
    tried = [counted(_splits(numbers, bad[known], way), None, values, bad) for way in DIRECTIONS[risk]]
    return max(tried, key=Bins.information_value)


def _category_bins(values: pd.Series, bad: Flags) -> Bins:
    """Neighbours in the order of risk share a bin."""
    known = values.notna().to_numpy()
    text, outcome = values[known].astype(str), pd.Series(bad[known], index=values.index[known])
    rates = outcome.groupby(text).agg(["sum", "count"])
    smooth = (rates["sum"] + SMOOTHING_ROWS * bad.mean()) / (rates["count"] + SMOOTHING_ROWS)
    ordered = list(smooth.sort_values(kind="stable").index)
    places = text.map({value: place for place, value in enumerate(ordered)}).to_numpy(dtype=np.float64)
    ends = [int(np.ceil(split)) for split in _splits(places, bad[known], 1)]
    bounds = [0, *ends, len(ordered)]
    groups = [sorted(ordered[start:end]) for start, end in pairwise(bounds)]
    return counted(None, groups, values, bad)


def _splits(numbers: Floats, bad: Flags, way: int) -> Floats:
    """Return where risk changes, in order; ``way`` is 1 where it rises with the number, -1 where it falls."""
    tree = DecisionTreeClassifier(
        criterion="log_loss",
        max_leaf_nodes=BINS_MAX,
        min_samples_leaf=BIN_SHARE_MIN,
        monotonic_cst=[way],
        random_state=0,
    )
    fitted = tree.fit(numbers[:, None], bad).tree_
    splits: Floats = np.sort(fitted.threshold[fitted.feature >= 0])
    return splits
