"""A Bayesian logistic model of the next payment, learning from payments and credit usage as they come.

log-odds(missed) = x . w with w ~ N(mean, covariance). The prior takes the scorecard at its word: the
weight of its log-odds is 1, give or take; the other weights start around nothing. Each batch of
payments turns the belief into the next by a Laplace approximation (D. MacKay, *Neural Computation* 4,
1992): the new mean is where the posterior is highest, the new covariance its curvature there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from risk_models.calibration import sigmoid
from risk_models.errors import ModelError

Floats = NDArray[np.float64]

WEIGHTS = ("intercept", "scorecard_log_odds", "missed_share", "utilisation", "payments_log")
PRIOR_MEAN = (-1.0, 1.0, 0.0, 0.0, 0.0)
PRIOR_DEVIATION = (2.0, 0.5, 2.0, 1.0, 0.5)
MISSED_PRIOR = 0.05
MISSED_PRIOR_PAYMENTS = 2.0
UTILISATION_USUAL = 0.3
INTERVAL_DEVIATIONS = 1.645
"""Standard deviations on either side of an interval that holds nine cases of ten."""
NEWTON_STEPS = 60


@dataclass(frozen=True)
class Belief:
    """What is believed of the weights after ``payments`` payments."""

    mean: Floats
    covariance: Floats
    payments: int = 0

    @classmethod
    def prior(cls) -> Self:
        """Return the belief before any payment."""
        return cls(np.array(PRIOR_MEAN), np.diag(np.square(PRIOR_DEVIATION)))

    def update(self, design: Floats, missed: NDArray[np.int8]) -> Belief:
        """Return the belief after some payments, a row of ``design`` each."""
        if len(missed) == 0:
            return self
        precision = np.linalg.inv(self.covariance)
        weights = self.mean.copy()
        for _ in range(NEWTON_STEPS):
            probability = sigmoid(design @ weights)
            gradient = design.T @ (missed - probability) - precision @ (weights - self.mean)
            curvature = (design.T * (probability * (1 - probability))) @ design + precision
            step = np.linalg.solve(curvature, gradient)
            weights = weights + step * min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-12))
            if float(np.abs(step).max()) < 1e-10:
                break
        return Belief(weights, np.linalg.inv(curvature), self.payments + len(missed))

    def predict(self, design: Floats) -> pd.DataFrame:
        """Return the probability of a miss with the interval that holds nine cases of ten.

        The mean over the belief is MacKay's: log-odds shrunk by their variance.
        """
        centre = design @ self.mean
        variance = np.einsum("ij,jk,ik->i", design, self.covariance, design)
        spread = INTERVAL_DEVIATIONS * np.sqrt(variance)
        return pd.DataFrame(
            {
                "miss_probability": sigmoid(centre / np.sqrt(1 + np.pi * variance / 8)),
                "low": sigmoid(centre - spread),
                "high": sigmoid(centre + spread),
            }
        )

    def as_json(self) -> dict[str, Any]:
        """Return the belief as plain data."""
        return {"weights": list(WEIGHTS), "mean": self.mean.tolist(), "covariance": self.covariance.tolist()}

    @classmethod
    def from_json(cls, data: dict[str, Any], payments: int) -> Self:
        """Read what :meth:`as_json` gave.

        Raises:
            ModelError: it is a belief about other weights.
        """
        if tuple(data["weights"]) != WEIGHTS:
            raise ModelError(
                f"expected a belief about {', '.join(WEIGHTS)}, got {', '.join(data['weights'])}"
            )
        return cls(np.array(data["mean"]), np.array(data["covariance"]), payments)


def design_rows(known: pd.DataFrame) -> Floats:
    """Return the rows of the model from what was known before each payment.

    ``known`` has ``default_probability`` (NaN where no model scored), ``payments``, ``missed`` (of the
    loan, before) and ``utilisation`` (balance over limit of the user's newest report; NaN for none).
    """
    probability = known["default_probability"].to_numpy(dtype=np.float64)
    usual = np.nanmean(probability) if np.isfinite(probability).any() else 0.5
    filled = np.clip(np.where(np.isnan(probability), usual, probability), 1e-4, 1 - 1e-4)
    payments = known["payments"].to_numpy(dtype=np.float64)
    share = (known["missed"].to_numpy(dtype=np.float64) + MISSED_PRIOR * MISSED_PRIOR_PAYMENTS) / (
        payments + MISSED_PRIOR_PAYMENTS
    )
    utilisation = known["utilisation"].fillna(UTILISATION_USUAL).clip(0, 2).to_numpy(dtype=np.float64)
    columns = [
        np.ones(len(known)),
        np.log(filled / (1 - filled)),
        share - MISSED_PRIOR,
        utilisation - UTILISATION_USUAL,
        np.log1p(payments),
    ]
    return np.column_stack(columns)


def known_before(payments: pd.DataFrame, usages: pd.DataFrame) -> pd.DataFrame:
    """Return for each payment what was known before it, in its loan's order of time and place.

    Only earlier payments of the loan count, and the user's newest usage at or before the payment.
    """
    ordered = payments.sort_values(["event_time_ms", "partition", "offset"], kind="stable")
    missed = (ordered["status"] == "missed").astype(int)
    by_loan = ordered["application_id"]
    counted = ordered.assign(
        payments=ordered.groupby("application_id").cumcount(),
        missed=missed.groupby(by_loan).cumsum() - missed,
        is_missed=missed,
    )
    return counted.assign(utilisation=_utilisation(counted, usages))


def standing(payments: pd.DataFrame, usages: pd.DataFrame, now_ms: int) -> pd.DataFrame:
    """Return one row per loan: what is known of it after all its payments."""
    grouped = payments.groupby("application_id")
    loans = grouped.agg(user_id=("user_id", "first"), payments=("event_id", "size")).reset_index()
    missed = payments[payments.status == "missed"].groupby("application_id").size()
    loans = loans.assign(missed=loans.application_id.map(missed).fillna(0).astype(int), event_time_ms=now_ms)
    return loans.assign(utilisation=_utilisation(loans, usages))


def _utilisation(rows: pd.DataFrame, usages: pd.DataFrame) -> Floats:
    reports = usages.assign(utilisation=usages.balance_cents / usages.credit_limit_cents)
    reports = reports[["user_id", "event_time_ms", "utilisation"]].sort_values("event_time_ms", kind="stable")
    left = rows[["user_id", "event_time_ms"]].assign(row=np.arange(len(rows))).sort_values("event_time_ms")
    types = {"user_id": object, "event_time_ms": np.int64}
    joined = pd.merge_asof(left.astype(types), reports.astype(types), on="event_time_ms", by="user_id")
    return joined.sort_values("row")["utilisation"].to_numpy(dtype=np.float64)
