"""Calibration: what a model says becomes a probability that comes true as often as it says.

A line through the log-odds (J. Platt, 1999), fitted on predictions of rows that the model had not
seen. It keeps the order of applicants, and is two numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PROBABILITY_MIN = 1e-6
NEWTON_STEPS = 50
RIDGE = 1e-6


@dataclass(frozen=True)
class Calibration:
    """log-odds of bad = ``intercept`` + ``slope`` * what the model gave."""

    slope: float = 1.0
    intercept: float = 0.0

    def log_odds(self, raw: Floats) -> Floats:
        """Return calibrated log-odds."""
        return np.asarray(self.intercept + self.slope * np.asarray(raw, dtype=float))

    def probability(self, raw: Floats) -> Floats:
        """Return calibrated probabilities."""
        return sigmoid(self.log_odds(raw))


def sigmoid(log_odds: Floats) -> Floats:
    """Return probabilities, kept off 0 and 1."""
    probability = 1.0 / (1.0 + np.exp(-np.clip(log_odds, -50, 50)))
    return np.clip(probability, PROBABILITY_MIN, 1 - PROBABILITY_MIN)


def fit_calibration(raw: Floats, bad: NDArray[np.int8]) -> Calibration:
    """Fit on log-odds of rows that the model was not trained on."""
    design = np.column_stack([np.ones(len(raw)), raw])
    weights = np.zeros(2)
    for _ in range(NEWTON_STEPS):
        probability = sigmoid(design @ weights)
        gradient = design.T @ (bad - probability) - RIDGE * weights
        curvature = (design.T * (probability * (1 - probability))) @ design + RIDGE * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        weights = weights + step
        if float(np.abs(step).max()) < 1e-9:
            break
    return Calibration(slope=float(weights[1]), intercept=float(weights[0]))
