"""Features that tell the values of a field apart: how many there are, and since when one is known."""

from __future__ import annotations

import numpy as np

from spark_jobs.features.rows import Integers, Truths, Windows, next_from, windows


def count_distinct(groups: Integers, codes: Integers, members: Truths, within: Windows) -> Integers:
    """How many different values the members of each window have; ``codes`` numbers the values.

    It is the members less the pairs of neighbours with the same value that lie in the window as a
    whole. Windows move forward only, so a pair lies in a run of windows that follow each other.
    """
    rows = np.flatnonzero(members)
    alike = rows[np.lexsort((rows, codes[rows], groups[rows]))]
    same = (codes[alike[1:]] == codes[alike[:-1]]) & (groups[alike[1:]] == groups[alike[:-1]])
    earlier, later = alike[:-1][same], alike[1:][same]
    from_row = np.searchsorted(within.end, later, side="right")
    to_row = np.searchsorted(within.first, earlier, side="right")
    held = from_row < to_row
    changes = np.zeros(len(groups) + 1, dtype=np.int64)
    np.add.at(changes, from_row[held], 1)
    np.add.at(changes, to_row[held], -1)
    return within.count(members) - np.cumsum(changes)[:-1]


def first_seen_ms(
    groups: Integers,
    times_ms: Integers,
    codes: Integers,
    members: Truths,
    asked: Truths,
    window_ms: int,
    step_ms: int,
) -> tuple[Integers, Truths]:
    """The time of the first member in each row's window with the row's own value, and whether there is one.

    ``asked`` marks the rows that have a value; ``members`` are among them.
    """
    rows = np.flatnonzero(asked)
    rows = rows[np.lexsort((rows, codes[rows], groups[rows]))]
    breaks = np.zeros(len(rows), dtype=np.int64)
    breaks[1:] = (codes[rows[1:]] != codes[rows[:-1]]) | (groups[rows[1:]] != groups[rows[:-1]])
    within = windows(np.cumsum(breaks), times_ms[rows], window_ms, step_ms)
    first = next_from(members[rows])[within.first]
    found = first < within.end
    times, known = np.zeros(len(groups), dtype=np.int64), np.zeros(len(groups), dtype=np.bool_)
    times[rows[found]] = times_ms[rows[first[found]]]
    known[rows] = found
    return times, known
