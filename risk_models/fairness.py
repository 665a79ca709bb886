"""How a model treats groups of people, at the score where it would approve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from risk_models.evaluation import delong

GROUP_ROWS_MIN = 30


@dataclass(frozen=True)
class GroupFigures:
    """One group. ``approved_ratio`` compares its approvals with the best-treated group's.

    Below 0.8 it is the "four-fifths" warning of the US Uniform Guidelines (29 CFR 1607.4).
    ``good_declined`` is the share of its good outcomes that the cut-off declines (equal opportunity).
    """

    group: str
    value: str
    rows: int
    bad_rate: float
    default_probability: float
    approved: float
    approved_ratio: float
    good_declined: float
    auc: float | None


def judge_groups(
    groups: pd.DataFrame, bad: NDArray[np.int8], probability: NDArray[np.float64], cut_off: float
) -> list[GroupFigures]:
    """Judge each group of at least 30 people; those with a probability up to ``cut_off`` are approved."""
    found = []
    for name, values in groups.items():
        large = [value for value, rows in values.value_counts().items() if rows >= GROUP_ROWS_MIN]
        shares = {value: float((probability[values == value] <= cut_off).mean()) for value in large}
        best = max(shares.values(), default=0.0)
        for value in sorted(large, key=str):
            chosen = (values == value).to_numpy()
            ratio = shares[value] / best if best else 1.0
            found.append(_judge(str(name), str(value), bad[chosen], probability[chosen], cut_off, ratio))
    return found


def _judge(
    group: str,
    value: str,
    bad: NDArray[np.int8],
    probability: NDArray[np.float64],
    cut_off: float,
    ratio: float,
) -> GroupFigures:
    good = bad == 0
    both = 0 < int(bad.sum()) < len(bad)
    return GroupFigures(
        group=group,
        value=value,
        rows=len(bad),
        bad_rate=float(bad.mean()),
        default_probability=float(probability.mean()),
        approved=float((probability <= cut_off).mean()),
        approved_ratio=ratio,
        good_declined=float((probability[good] > cut_off).mean()) if good.any() else 0.0,
        auc=float(delong(bad, probability[None, :])[0][0]) if both else None,
    )
