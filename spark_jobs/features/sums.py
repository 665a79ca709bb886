"""Sums, means, deviations and extremes over windows, exact before they are rounded once."""

from __future__ import annotations

import math

import numpy as np

from spark_jobs.features.rows import Integers, Truths, Values, Windows, sums_before

LOW_BITS = 32
LOW_MASK = (1 << LOW_BITS) - 1
INTEGER_MIN, INTEGER_MAX = -(1 << 63), (1 << 63) - 1


class ExactSums:
    """The sums of whole numbers over windows: ``high`` * 2^32 + ``low``, ``low`` below 2^32.

    Each half is summed by itself, so nothing wraps below 2^31 rows.
    """

    def __init__(self, values: Integers, members: Truths, within: Windows) -> None:
        kept = np.where(members, values, 0)
        low, high = sums_before(kept & LOW_MASK), sums_before(kept >> LOW_BITS)
        low_sums = low[within.end] - low[within.first]
        self.high = high[within.end] - high[within.first] + (low_sums >> LOW_BITS)
        self.low = low_sums & LOW_MASK
        self.fits = (self.high >= -(1 << 31)) & (self.high < 1 << 31)

    def saturated(self) -> Integers:
        """The sums, stopped at the ends of 64 bits."""
        ends = np.where(self.high < 0, INTEGER_MIN, INTEGER_MAX)
        return np.where(self.fits, self._joined(), ends)

    def nearest(self) -> Values:
        """The doubles nearest to the sums."""
        doubles = self._joined().astype(np.float64)
        for row in np.flatnonzero(~self.fits):
            doubles[row] = float(self.exact(int(row)))
        return doubles

    def exact(self, row: int) -> int:
        """The sum of one row's window."""
        return (int(self.high[row]) << LOW_BITS) + int(self.low[row])

    def _joined(self) -> Integers:
        joined: Integers = (self.high << LOW_BITS) + self.low
        return joined


def sample_deviations(values: Integers, members: Truths, within: Windows) -> Values:
    """The deviation of a sample: sqrt((n * sum of squares - square of the sum) / (n * (n - 1))).

    The numerator is exact: in 64 bits where it surely fits, else in Python's whole numbers.
    Rows with less than two members get NaN.
    """
    counts = within.count(members)
    sums = ExactSums(values, members, within)
    greatest = int(np.abs(values[members]).max()) if members.any() else 0
    most = math.isqrt(INTEGER_MAX // 2) // max(greatest, 1)
    kept = np.where(members, values, 0)
    squares = sums_before(kept * kept)
    square_sums = squares[within.end] - squares[within.first]
    totals = sums.saturated()
    spreads = (counts * square_sums - totals * totals).astype(np.float64)
    large = np.flatnonzero((counts > most) & (counts > 1))
    if len(large):
        spreads[large] = _large_spreads(kept, counts, sums, within, large)
    pairs = counts.astype(np.float64) * (counts - 1).astype(np.float64)
    variances = np.divide(spreads, pairs, out=np.full(len(counts), np.nan), where=counts > 1)
    deviations: Values = np.sqrt(variances)
    return deviations


def _large_spreads(
    kept: Integers, counts: Integers, sums: ExactSums, within: Windows, rows: Integers
) -> Values:
    squares = np.zeros(len(kept) + 1, dtype=object)
    np.cumsum(kept.astype(object) ** 2, out=squares[1:])
    square_sums = squares[within.end[rows]] - squares[within.first[rows]]
    spreads = [
        float(int(counts[row]) * square_sum - sums.exact(int(row)) ** 2)
        for row, square_sum in zip(rows, square_sums, strict=True)
    ]
    return np.array(spreads)


def least(values: Values, members: Truths, within: Windows) -> Values:
    """The least member of each window; meaningless where it holds none."""
    return _extremes(values, members, within, np.minimum, _ends(values)[1])


def greatest(values: Values, members: Truths, within: Windows) -> Values:
    """The greatest member of each window; meaningless where it holds none."""
    return _extremes(values, members, within, np.maximum, _ends(values)[0])


def _ends(values: Values) -> tuple[float | int, float | int]:
    return (-math.inf, math.inf) if values.dtype.kind == "f" else (INTEGER_MIN, INTEGER_MAX)


def _extremes(
    values: Values, members: Truths, within: Windows, better: np.ufunc, worst: float | int
) -> Values:
    """Two runs of the same power of two rows cover a window; runs double from level to level."""
    runs = np.where(members, values, worst).astype(values.dtype)
    lengths = within.end - within.first
    levels = np.frexp(np.maximum(lengths, 1).astype(np.float64))[1] - 1
    found = np.full(len(lengths), worst, dtype=values.dtype)
    for level in range(int(levels.max(initial=0)) + 1):
        rows = np.flatnonzero((levels == level) & (lengths > 0))
        found[rows] = better(runs[within.first[rows]], runs[within.end[rows] - (1 << level)])
        runs = better(runs[: -(1 << level)], runs[1 << level :]) if 1 << level < len(runs) else runs
    return found
