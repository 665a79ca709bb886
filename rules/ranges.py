"""Interval arithmetic: the range check that refuses what could overflow."""

from __future__ import annotations

import math
from dataclasses import dataclass

from rules.expressions import ArithmeticOperator, ValueType

INTEGER_MAX = 2**63 - 1
"""Whole numbers stay within plus and minus this, so that changing a sign is always safe."""


class RangeOverflowError(Exception):
    """A value could leave 64 bits, or a double could become infinite or NaN."""


@dataclass(frozen=True)
class Range:
    """The least and the greatest value that an expression can take; ints, or floats for doubles."""

    low: int | float
    high: int | float

    @property
    def magnitude(self) -> int | float:
        """The greatest absolute value."""
        return max(abs(self.low), abs(self.high))

    @property
    def holds_zero(self) -> bool:
        """Whether zero lies within."""
        return self.low <= 0 <= self.high

    def negated(self) -> Range:
        """The range of ``-x``."""
        return Range(-self.high, -self.low)

    def absolute(self) -> Range:
        """The range of ``ABS(x)``."""
        low = 0 if self.holds_zero else min(abs(self.low), abs(self.high))
        return Range(low, self.magnitude)

    def joined(self, other: Range) -> Range:
        """The smallest range that holds both."""
        return Range(min(self.low, other.low), max(self.high, other.high))

    def widened(self) -> Range:
        """The range as doubles."""
        return Range(float(self.low), float(self.high))


UNBOUNDED = Range(-math.inf, math.inf)
"""The quotient of doubles whose divisor comes near zero: it may be compared, not calculated with."""


def combined(operator: ArithmeticOperator, left: Range, right: Range, kind: ValueType) -> Range:
    """Return the range of ``left operator right``.

    Raises:
        RangeOverflowError: it could leave what the type holds.
    """
    if UNBOUNDED in (left, right):
        raise RangeOverflowError
    match operator:
        case "+":
            result = Range(left.low + right.low, left.high + right.high)
        case "-":
            result = Range(left.low - right.high, left.high - right.low)
        case "*":
            result = _corners([a * b for a in (left.low, left.high) for b in (right.low, right.high)])
        case "/":
            result = _whole_quotient(left, right) if kind == "integer" else _quotient(left, right)
        case "%":
            result = _remainder(left, right)
    if result != UNBOUNDED:
        check(result, kind)
    return result


def check(value: Range, kind: ValueType) -> None:
    """Raise :class:`RangeOverflowError` unless the type holds every value of the range."""
    held = value.magnitude <= INTEGER_MAX if kind == "integer" else math.isfinite(value.magnitude)
    if not held:
        raise RangeOverflowError


def _corners(values: list[int | float]) -> Range:
    return Range(min(values), max(values))


def _whole_quotient(left: Range, right: Range) -> Range:
    if left.low >= 0 and right.low >= 0:
        return Range(0, int(left.high) // max(1, int(right.low)))
    return Range(-left.magnitude, left.magnitude)


def _quotient(left: Range, right: Range) -> Range:
    if right.holds_zero:
        return UNBOUNDED
    return _corners([a / b for a in (left.low, left.high) for b in (right.low, right.high)])


def _remainder(left: Range, right: Range) -> Range:
    bound = min(left.magnitude, max(right.magnitude - 1, 0))
    return Range(0 if left.low >= 0 else -bound, 0 if left.high <= 0 else bound)
