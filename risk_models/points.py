"""Points: odds as whole numbers that people can add up."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

Floats = NDArray[np.float64]


class PointScale(BaseModel):
    """``base_score`` points at odds of ``base_odds`` good to one bad, and ``points_to_double_odds``.

    score = offset + factor * ln(good / bad): N. Siddiqi, *Intelligent Credit Scoring*, chapter 10.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_score: float = 600.0
    base_odds: float = Field(20.0, gt=0)
    points_to_double_odds: float = Field(40.0, gt=0)

    @property
    def factor(self) -> float:
        """Points for each unit of ln(odds)."""
        return self.points_to_double_odds / math.log(2)

    @property
    def offset(self) -> float:
        """Points at even odds."""
        return self.base_score - self.factor * math.log(self.base_odds)

    def points(self, log_odds_bad: Floats) -> Floats:
        """Return the score of ln(bad / good), not rounded."""
        return self.offset - self.factor * np.asarray(log_odds_bad)

    def as_json(self) -> dict[str, Any]:
        """Return the three settings."""
        return self.model_dump()
