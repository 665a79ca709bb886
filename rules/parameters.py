"""Thresholds of a rule that dated facts may change: a default and the range that no change may leave."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

from rules.errors import TextError
from rules.ranges import INTEGER_MAX, Range

PARAMETER_FORM = "write a default and its range, as in: 5 (1..1000)"

_NUMBER = r"(-?\d{1,19}(?:\.\d{1,15})?)"
_TEXT = re.compile(rf"\s*{_NUMBER}\s*\(\s*{_NUMBER}\s*\.\.\s*{_NUMBER}\s*\)\s*", re.ASCII)


@dataclass(frozen=True)
class Parameter:
    """``low <= value <= high`` holds for the default and for every value that a fact may give."""

    name: str
    type: Literal["integer", "number"]
    default: int | float
    low: int | float
    high: int | float

    @property
    def range(self) -> Range:
        """All values that it can take."""
        return Range(self.low, self.high)

    def holds(self, value: object) -> bool:
        """Whether a value is of the parameter's type and within its range; a whole number is a number too."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        if self.type == "integer" and not isinstance(value, int):
            return False
        return self.low <= value <= self.high


def parse_parameter(name: str, text: str) -> Parameter:
    """Read ``default (low..high)``; the default's form tells whether it is a whole number.

    Raises:
        TextError: another form, a range of nothing, a default outside it, or beyond 64 bits.
    """
    match = _TEXT.fullmatch(text)
    if not match:
        raise TextError(f"'{text[:64]}' is no parameter", 0, PARAMETER_FORM)
    whole = "." not in match[1]
    if whole and any("." in part for part in match.groups()):
        problem = "a whole default with a range of fractions"
        raise TextError(problem, 0, f"write the default as {match[1]}.0, or whole numbers in the range")
    default, low, high = (int(part) if whole else float(part) for part in match.groups())
    if whole and max(abs(default), abs(low), abs(high)) > INTEGER_MAX:
        raise TextError("beyond a 64-bit number", 0)
    if not low < high:
        raise TextError(f"the range {match[2]}..{match[3]} holds no two values", match.start(2))
    if not (low <= default <= high and math.isfinite(default)):
        raise TextError(f"the default {match[1]} lies outside {match[2]}..{match[3]}", match.start(1))
    return Parameter(name, "integer" if whole else "number", default, low, high)
