"""Drift: how far applicants and scores have moved from those that a model was trained on.

The population stability index is the sum over bins of (share now - share then) * ln(share now /
share then): N. Siddiqi, *Intelligent Credit Scoring*, chapter 12.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from risk_models.bins import Bins

Floats = NDArray[np.float64]

REFERENCE_BINS = 10
CATEGORIES_MAX = 20
SHARE_MIN = 1e-4
SCORE = "score"


@dataclass(frozen=True)
class Reference:
    """The distribution of each feature, and of the score, in training; ``bad`` counts are 0."""

    bins: dict[str, Bins]

    @classmethod
    def of(cls, features: pd.DataFrame, score: pd.Series) -> Self:
        """Take down what training looked like."""
        columns = {**{str(name): values for name, values in features.items()}, SCORE: score}
        return cls({name: _bins(values) for name, values in columns.items()})

    def psi(self, features: pd.DataFrame, score: pd.Series) -> dict[str, float]:
        """Return the index of each feature that is there, and of the score."""
        columns = {**{str(name): values for name, values in features.items()}, SCORE: score}
        return {name: _psi(bins, columns[name]) for name, bins in self.bins.items() if name in columns}

    def as_json(self) -> dict[str, Any]:
        """Return the distributions as plain data."""
        return {name: bins.as_json() for name, bins in self.bins.items()}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Read what :meth:`as_json` gave."""
        return cls({name: Bins.from_json(bins) for name, bins in data.items()})


def _bins(values: pd.Series) -> Bins:
    if values.dtype == object:
        common = values.dropna().astype(str).value_counts().index[:CATEGORIES_MAX]
        edges, groups = None, tuple((str(value),) for value in common)
    else:
        known = values.dropna().to_numpy(dtype=np.float64)
        quantiles = np.quantile(known, np.linspace(0, 1, REFERENCE_BINS + 1)[1:-1]) if len(known) else []
        edges, groups = tuple(np.unique(quantiles).tolist()), None
    shape = Bins(edges, groups, (), ())
    counts = np.bincount(shape.index(values), minlength=shape.size + 2)
    return Bins(edges, groups, tuple(counts.tolist()), (0,) * len(counts))


def _psi(bins: Bins, values: pd.Series) -> float:
    counts = np.bincount(bins.index(values), minlength=bins.size + 2)
    now = np.maximum(counts / max(counts.sum(), 1), SHARE_MIN)
    then = np.maximum(bins.shares(), SHARE_MIN)
    seen_at_all = (counts > 0) | (np.asarray(bins.good) > 0)
    return float(((now - then) * np.log(now / then))[seen_at_all].sum())
