"""How a model in force keeps: drift of what it reads, and, as outcomes mature, how true it was.

Pure: from tables to measurements. ``spark_jobs/watch_models.py`` reads and writes them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from risk_models.document import ModelDocument
from risk_models.evaluation import evaluate
from risk_models.fairness import judge_groups

PSI_MAX = 0.15
AUC_MIN = 0.75
APPROVED_RATIO_MIN = 0.8
DRIFT_ROWS_MIN = 200
OUTCOMES_MIN = 20
"""Good outcomes, and bad ones, below which performance is not measured."""
EVERYBODY = "all"


@dataclass(frozen=True)
class Measurement:
    """One figure. ``is_alert`` says that it is on the wrong side of ``threshold``."""

    measure: str
    subject: str
    value: float
    rows: int
    standard_error: float | None = None
    threshold: float | None = None
    is_alert: bool = False


def measure_drift(document: ModelDocument, applications: pd.DataFrame) -> Iterator[Measurement]:
    """Yield the stability index of each feature and of the score; nothing for too few rows."""
    if len(applications) < DRIFT_ROWS_MIN:
        return
    features = document.features(applications)
    score = document.model.score(features)["score"]
    for subject, value in document.reference.psi(features, score).items():
        yield Measurement("psi", subject, value, len(applications), None, PSI_MAX, value > PSI_MAX)


def measure_performance(document: ModelDocument, matured: pd.DataFrame) -> Iterator[Measurement]:
    """Yield figures of applications whose ``outcome`` is known; nothing for too few of either.

    Groups and segments are those that the model's mapping names.
    """
    bad = (matured["outcome"] == "bad").to_numpy().astype(np.int8)
    if min(int(bad.sum()), len(bad) - int(bad.sum())) < OUTCOMES_MIN:
        return
    probability = document.score(matured)["default_probability"].to_numpy(dtype=np.float64)
    found, rows = evaluate(bad, probability), len(bad)
    yield Measurement(
        "auc", EVERYBODY, found.auc, rows, found.auc_standard_error, AUC_MIN, found.auc < AUC_MIN
    )
    for name in ("ks", "brier", "calibration_error"):
        yield Measurement(name, EVERYBODY, getattr(found, name), rows)
    yield Measurement("bad_rate", EVERYBODY, float(bad.mean()), rows, _error(float(bad.mean()), rows))
    yield Measurement("default_probability", EVERYBODY, float(probability.mean()), rows)
    yield from _measure_groups(document, matured, bad, probability)


def _measure_groups(
    document: ModelDocument, matured: pd.DataFrame, bad: NDArray[np.int8], probability: NDArray[np.float64]
) -> Iterator[Measurement]:
    groups = pd.DataFrame(
        {name: matured[group.column].fillna("unknown") for name, group in document.mapping.groups.items()}
    )
    cut_off = float(np.quantile(probability, 1 - bad.mean()))
    for one in judge_groups(groups, bad, probability, cut_off):
        subject, ratio = f"{one.group}={one.value}", one.approved_ratio
        yield Measurement("bad_rate", subject, one.bad_rate, one.rows, _error(one.bad_rate, one.rows))
        yield Measurement("default_probability", subject, one.default_probability, one.rows)
        yield Measurement(
            "approved_ratio", subject, ratio, one.rows, None, APPROVED_RATIO_MIN, ratio < APPROVED_RATIO_MIN
        )
        if one.auc is not None:
            yield Measurement("auc", subject, one.auc, one.rows)


def _error(share: float, rows: int) -> float:
    return sqrt(share * (1 - share) / rows)
