"""How good a model is: figures with their standard errors.

AUC with the standard error and the paired comparison of E. DeLong, D. DeLong, D. Clarke-Pearson,
*Biometrics* 44 (1988), in the ranks of X. Sun, W. Xu, *IEEE Signal Processing Letters* 21 (2014).
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from risk_models.errors import DataError

Floats = NDArray[np.float64]
Flags = NDArray[np.int8]

CALIBRATION_BINS = 10


@dataclass(frozen=True)
class Evaluation:
    """Figures of one model on rows that it was not trained on.

    ``calibration_error`` is the mean distance, over ten bins of equal size, between what was said
    and what came true.
    """

    rows: int
    bad: int
    auc: float
    auc_standard_error: float
    gini: float
    ks: float
    average_precision: float
    brier: float
    log_loss: float
    calibration_error: float

    def as_json(self) -> dict[str, Any]:
        """Return the figures by name."""
        return asdict(self)


@dataclass(frozen=True)
class Comparison:
    """Two models on the same rows: AUC of the second less AUC of the first.

    ``confidence`` is the probability, by the normal approximation, that the difference is above 0.
    """

    difference: float
    standard_error: float
    confidence: float


def evaluate(bad: Flags, probability: Floats) -> Evaluation:
    """Judge probabilities of bad against what came true.

    Raises:
        DataError: only one outcome came, so that nothing can be told.
    """
    _check(bad)
    area, variance = delong(bad, probability[None, :])
    distances = [abs(said - came) * rows for said, came, rows in calibration_table(bad, probability)]
    return Evaluation(
        rows=len(bad),
        bad=int(bad.sum()),
        auc=float(area[0]),
        auc_standard_error=math.sqrt(float(variance[0, 0])),
        gini=float(2 * area[0] - 1),
        ks=kolmogorov_smirnov(bad, probability),
        average_precision=average_precision(bad, probability),
        brier=float(np.mean((probability - bad) ** 2)),
        log_loss=float(-np.mean(np.where(bad == 1, np.log(probability), np.log1p(-probability)))),
        calibration_error=sum(distances) / len(bad),
    )


def compare(bad: Flags, first: Floats, second: Floats) -> Comparison:
    """Compare two models on the same rows.

    Raises:
        DataError: only one outcome came.
    """
    _check(bad)
    area, covariance = delong(bad, np.vstack([first, second]))
    difference = float(area[1] - area[0])
    variance = float(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    error = math.sqrt(max(variance, 0.0))
    if error == 0:
        return Comparison(difference, 0.0, 0.5 if difference == 0 else float(difference > 0))
    return Comparison(difference, error, 0.5 * math.erfc(-difference / error / math.sqrt(2)))


def delong(bad: Flags, scores: Floats) -> tuple[Floats, Floats]:
    """Return the AUC of each row of ``scores``, and their covariance matrix."""
    is_bad = bad == 1
    bads, goods = int(is_bad.sum()), int((~is_bad).sum())
    of_bad, of_good, areas = [], [], []
    for values in scores:
        everywhere = mid_ranks(values)
        bad_place = (everywhere[is_bad] - mid_ranks(values[is_bad])) / goods
        good_place = 1 - (everywhere[~is_bad] - mid_ranks(values[~is_bad])) / bads
        areas.append(bad_place.mean())
        of_bad.append(bad_place)
        of_good.append(good_place)
    covariance = (
        np.atleast_2d(np.cov(np.array(of_bad))) / bads + np.atleast_2d(np.cov(np.array(of_good))) / goods
    )
    return np.array(areas), covariance


def mid_ranks(values: Floats) -> Floats:
    """Return ranks from 1; equal values share the mean of theirs."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return np.asarray((last - (count - 1) / 2)[place], dtype=np.float64)


def average_precision(bad: Flags, scores: Floats) -> float:
    """Return the area under precision over recall, by steps; equal scores count at once."""
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(bad[order], dtype=np.float64)
    last_of_value = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    precision = hits[last_of_value] / (last_of_value + 1)
    recall_steps = np.diff(hits[last_of_value], prepend=0.0) / hits[-1]
    return float((precision * recall_steps).sum())


def kolmogorov_smirnov(bad: Flags, scores: Floats) -> float:
    """Return the largest distance between the distributions of the bad and of the good."""
    order = np.argsort(scores, kind="stable")
    ordered, is_bad = scores[order], bad[order] == 1
    last_of_value = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)
    bads = np.cumsum(is_bad)[last_of_value] / is_bad.sum()
    goods = np.cumsum(~is_bad)[last_of_value] / (~is_bad).sum()
    return float(np.abs(bads - goods).max())


def calibration_table(bad: Flags, probability: Floats) -> list[tuple[float, float, int]]:
    """Return for ten bins of equal size: mean probability said, share that came true, rows."""
    parts = np.array_split(np.argsort(probability, kind="stable"), min(CALIBRATION_BINS, len(bad)))
    return [(float(probability[part].mean()), float(bad[part].mean()), len(part)) for part in parts]


def _check(bad: Flags) -> None:
    count = int(bad.sum())
    if min(count, len(bad) - count) < 2:
        raise DataError(f"expected good and bad outcomes to judge by, got {count} bad among {len(bad)}")
