"""Bins of one feature with their weight of evidence: plain data, applied with numpy alone.

The weight of evidence of a bin is ln(share of the good in it / share of the bad in it):
N. Siddiqi, *Intelligent Credit Scoring*, 2nd edition, 2017, chapter 10.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

SMOOTHING = 0.5


@dataclass(frozen=True)
class Bins:
    """The bins of a feature, then one for missing values, then one for categories never seen.

    A number belongs to the bin after the last of ``edges`` that is not above it; a category to the
    entry of ``groups`` that names it. ``good`` and ``bad`` count the training rows of each bin.
    """

    edges: tuple[float, ...] | None
    groups: tuple[tuple[str, ...], ...] | None
    good: tuple[int, ...]
    bad: tuple[int, ...]

    @property
    def size(self) -> int:
        """Bins without the two of missing and unseen values."""
        return len(self.edges) + 1 if self.edges is not None else len(self.groups or ())

    def index(self, values: pd.Series) -> Indices:
        """Return each value's bin."""
        if self.edges is not None:
            numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
            found = np.searchsorted(np.asarray(self.edges), numbers, side="right")
            return np.where(np.isnan(numbers), self.size, found)
        known = {value: place for place, group in enumerate(self.groups or ()) for value in group}
        text = values.astype(object)
        return np.array(
            [self.size if pd.isna(value) else known.get(str(value), self.size + 1) for value in text],
            dtype=np.intp,
        )

    def woe(self) -> Floats:
        """Return the weight of evidence of each bin; 0 where no row of training fell into it."""
        good, bad = np.asarray(self.good, dtype=float), np.asarray(self.bad, dtype=float)
        lacks_one = (good == 0) ^ (bad == 0)
        smooth_good, smooth_bad = good + SMOOTHING * lacks_one, bad + SMOOTHING * lacks_one
        empty = (good + bad) == 0
        ratio = np.where(empty, 1.0, smooth_good) / np.where(empty, 1.0, smooth_bad)
        overall = good.sum() / bad.sum()
        return np.where(empty, 0.0, np.log(ratio / overall))

    def shares(self) -> Floats:
        """Return the share of the training rows in each bin."""
        rows = np.asarray(self.good, dtype=float) + np.asarray(self.bad, dtype=float)
        return np.asarray(rows / rows.sum())

    def information_value(self) -> float:
        """Return how much the feature tells, in nats (0.02 is next to nothing, 0.3 much)."""
        good, bad = np.asarray(self.good, dtype=float), np.asarray(self.bad, dtype=float)
        return float(((good / good.sum() - bad / bad.sum()) * self.woe()).sum())

    def likelihood_ratio(self) -> float:
        """Return twice the log-likelihood that the bins gain over one bad rate for all."""
        counts = np.array([self.good, self.bad], dtype=float)
        expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0) / counts.sum()
        filled = counts > 0
        return float(2 * (counts[filled] * np.log(counts[filled] / expected[filled])).sum())

    def labels(self) -> list[str]:
        """Return what each bin holds, for people."""
        if self.edges is not None:
            bounds = [f"{edge:g}" for edge in self.edges]
            inner = [f"{low} to under {high}" for low, high in pairwise(bounds)]
            names = [f"under {bounds[0]}", *inner, f"{bounds[-1]} and over"] if bounds else ["all"]
        else:
            names = [", ".join(group) for group in self.groups or ()]
        return [*names, "missing", "never seen"]

    def as_json(self) -> dict[str, Any]:
        """Return the bins as plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Read what :meth:`as_json` gave."""
        edges, groups = data["edges"], data["groups"]
        return cls(
            None if edges is None else tuple(map(float, edges)),
            None if groups is None else tuple(tuple(map(str, group)) for group in groups),
            tuple(map(int, data["good"])),
            tuple(map(int, data["bad"])),
        )


def counted(edges: Floats | None, groups: list[list[str]] | None, values: pd.Series, bad: Any) -> Bins:
    """Return bins with the training rows counted into them."""
    shape = Bins(
        None if edges is None else tuple(map(float, edges)),
        None if groups is None else tuple(tuple(group) for group in groups),
        (),
        (),
    )
    index = shape.index(values)
    total = np.bincount(index, minlength=shape.size + 2)
    bads = np.bincount(index, weights=np.asarray(bad, dtype=float), minlength=shape.size + 2).astype(int)
    return Bins(shape.edges, shape.groups, tuple((total - bads).tolist()), tuple(bads.tolist()))
