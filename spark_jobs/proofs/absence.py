"""Sets of events that the stream may have decided on where it raised nothing.

Along one route of one partition the offsets tell the order. Other events of the windows may have come
before or after; sets that grow in the order of append time are tried, which keep each route's order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from spark_jobs.features.rows import Integers, Truths
from spark_jobs.proofs.key_rows import KeyRows
from spark_jobs.proofs.presence import (
    ARRIVAL_ORDER,
    DUPLICATE_STATE,
    EXPIRED_STATE,
    REPEATS_TRIED_MAX,
    STREAM_GAP,
    Decided,
    windows_of,
)
from spark_jobs.proofs.requests import ProofStep, Request

SETS_MAX = 24
EXPIRED_MAX = 6
SKEW_MS = 60_000


def candidates(request: Request, rows: KeyRows, place: int, step: ProofStep) -> list[Decided]:
    """The sets, the most certain first; one only where the order is known, then it is no bounded proof."""
    first, end, counting = windows_of(rows, place, step.features(request.rule))
    accepted = rows.accepted[first:end]
    found: dict[bytes, Decided] = {}
    free_rows = False
    expired = list(_expired(rows, place, step, first, end))
    for routes in rows.routes or [np.zeros(len(rows.offsets), dtype=np.int64)]:
        for had, order_is_known in _arrived(rows, routes, place, first, end):
            free_rows |= not order_is_known
            for kept, cause, is_sure in _kept(rows, place, step, had, expired, first, end):
                is_true = bool((kept == accepted)[counting].all())
                causes = [] if is_true else [cause]
                decided = Decided(first + np.flatnonzero(kept), causes, is_true, bounded=not is_sure)
                found.setdefault(kept.tobytes(), decided)
    return [replace(each, bounded=each.bounded or free_rows) for each in found.values()]


def _arrived(
    rows: KeyRows, routes: Integers, place: int, first: int, end: int
) -> Iterator[tuple[Truths, bool]]:
    """What may have arrived before the row, and whether its order is known."""
    part = slice(first, end)
    with_it = (rows.partitions[part] == rows.partitions[place]) & (routes[part] == routes[place])
    before = rows.offsets[part] <= rows.offsets[place]
    free = np.flatnonzero(~with_it & rows.accepted[part])
    if not len(free):
        yield with_it & before, True
        return
    order = free[np.lexsort((rows.offsets[part][free], rows.append_times_ms[part][free]))]
    for count in np.unique(np.linspace(0, len(order), SETS_MAX).astype(np.int64)).tolist():
        had = with_it & before
        had[order[:count]] = True
        yield had, False


def _kept(
    rows: KeyRows,
    place: int,
    step: ProofStep,
    arrived: Truths,
    expired: Sequence[tuple[int, bool]],
    first: int,
    end: int,
) -> Iterator[tuple[Truths, str, bool]]:
    """What of it was kept, why, and whether the record leaves no choice.

    All; all without what a start skipped; without what may have expired; with repetitions that may have been
    taken in.
    """
    part, own = slice(first, end), place - first
    had = arrived & rows.accepted[part]
    yield had, ARRIVAL_ORDER, True
    for start in step.starts:
        starts = np.array([start.get(int(number), 0) for number in rows.partitions[part]], dtype=np.int64)
        if rows.offsets[place] >= start.get(int(rows.partitions[place]), 0):
            yield had & (rows.offsets[part] >= starts), STREAM_GAP, True
    for gone, is_sure in expired:
        kept = had & (np.arange(end - first) >= gone)
        kept[own] = True
        yield kept, EXPIRED_STATE, is_sure
    repeated = np.flatnonzero(arrived & ~rows.accepted[part]).tolist()
    for places in [*([repeat] for repeat in repeated[:REPEATS_TRIED_MAX]), repeated]:
        if places:
            kept = had.copy()
            kept[places] = True
            yield kept, DUPLICATE_STATE, False


def _expired(rows: KeyRows, place: int, step: ProofStep, first: int, end: int) -> Iterator[tuple[int, bool]]:
    """How many of the oldest rows may have been gone, and whether the newest event that says so was there.

    Rows go in groups, some time after they may. Of other partitions, what was appended by then, or within a
    minute of it, may have come before.
    """
    longest_ms = max(feature.window_ms + feature.step_ms for feature in step.step.features)
    same = (rows.partitions == rows.partitions[place]) & (rows.offsets <= rows.offsets[place])
    other = rows.partitions != rows.partitions[place]
    other &= rows.append_times_ms <= rows.append_times_ms[place] + SKEW_MS
    for newest, is_sure in ((same, True), (same | other, False)):
        gone_before_ms = int(rows.times_ms[newest].max()) - longest_ms - step.lateness_ms
        expired = int(np.searchsorted(rows.times_ms[first:end], gone_before_ms, side="left"))
        if expired:
            for gone in np.unique(np.linspace(1, expired, EXPIRED_MAX).astype(np.int64)).tolist():
                yield gone, is_sure and gone == expired
