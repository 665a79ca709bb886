"""Rows of one source of time order, and the windows that end at each of them.

Everything is an array over the rows of a chunk, which are sorted by key, event time, partition
and offset. A window is a run of such rows: ``first`` up to, not including, ``end``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Integers: TypeAlias = npt.NDArray[np.int64]
Truths: TypeAlias = npt.NDArray[np.bool_]
Values: TypeAlias = npt.NDArray[Any]


@dataclass(frozen=True)
class Windows:
    """For each row the window that ends with it, rows of the same time behind it included."""

    first: Integers
    end: Integers

    def count(self, members: Truths) -> Integers:
        """How many members each window holds."""
        before = sums_before(members.astype(np.int64))
        return before[self.end] - before[self.first]

    def of(self, chosen: Values) -> Windows:
        """The windows of some rows."""
        return Windows(self.first[chosen], self.end[chosen])


def sums_before(values: Integers) -> Integers:
    """For each row, and the end, the sum of the values before it; sums wrap at 64 bits."""
    sums = np.zeros(len(values) + 1, dtype=np.int64)
    np.cumsum(values, out=sums[1:])
    return sums


def windows(groups: Integers, times_ms: Integers, window_ms: int, step_ms: int) -> Windows:
    """Find for each row the rows of its group from the window's start to its own time.

    The start is ``window_ms`` before the row's time, moved down to a multiple of ``step_ms``
    since the epoch unless that is zero. Rows are in the order of group and time.
    """
    starts = times_ms - window_ms
    if step_ms:
        starts -= starts % step_ms
    places = _places(groups, times_ms, window_ms + step_ms + 1)
    first = np.searchsorted(places, places - (times_ms - starts), side="left")
    return Windows(first, np.searchsorted(places, places, side="right"))


def _places(groups: Integers, times_ms: Integers, apart: int) -> Integers:
    """Put all groups on one line: gaps within a group are kept, save that ``apart`` is the most.

    No window reaches over ``apart``, so windows on the line are the windows of the groups, and
    the line is short enough for 64 bits whatever the times are.
    """
    gaps = np.zeros(len(times_ms), dtype=np.int64)
    np.minimum(np.diff(times_ms), apart, out=gaps[1:])
    gaps[1:][groups[1:] != groups[:-1]] = apart
    return np.cumsum(gaps)


def last_before(members: Truths) -> Integers:
    """For each row the last member before it, -1 where there is none."""
    places = np.where(members, np.arange(len(members)), -1)
    before = np.full(len(members), -1, dtype=np.int64)
    if len(members):
        before[1:] = np.maximum.accumulate(places)[:-1]
    return before


def next_from(members: Truths) -> Integers:
    """For each row, and the end, the first member from it on; the number of rows where there is none."""
    size = len(members)
    places = np.append(np.where(members, np.arange(size), size), size)
    return np.minimum.accumulate(places[::-1])[::-1]
