"""Sets of events that the stream may have decided on where it raised nothing.

Along one route of one partition the offsets tell the order. Other events of the windows may have come
before or after; sets that grow in the order of append time are tried, which keep each route's order.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from spark_jobs.features.rows import Integers, Truths
from spark_jobs.proofs.key_rows import KeyRows
from spark_jobs.proofs.presence import ARRIVAL_ORDER, EXPIRED_STATE, STREAM_GAP, Decided, windows_of
from spark_jobs.proofs.requests import ProofStep, Request

SETS_MAX = 24


def candidates(request: Request, rows: KeyRows, place: int, step: ProofStep) -> list[Decided]:
    """The sets, the most certain first; one only where the order is known, then it is no bounded proof."""
    first, end, counting = windows_of(rows, place, step.features(request.rule))
    accepted = rows.accepted[first:end]
    found: dict[bytes, Decided] = {}
    free_rows = False
    for routes in rows.routes or [np.zeros(len(rows.offsets), dtype=np.int64)]:
        for had, order_is_known in _arrived(rows, routes, place, first, end):
            free_rows |= not order_is_known
            for kept, cause in _kept(rows, place, step, had & accepted, first, end):
                is_true = bool((kept == accepted)[counting].all())
                causes = [] if is_true else [cause]
                found.setdefault(kept.tobytes(), Decided(first + np.flatnonzero(kept), causes, is_true))
    return [
        Decided(each.rows, each.causes, each.is_true_window, bounded=free_rows) for each in found.values()
    ]


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
    rows: KeyRows, place: int, step: ProofStep, had: Truths, first: int, end: int
) -> Iterator[tuple[Truths, str]]:
    """What of it was kept: all, without what a start skipped, without what may have been expired."""
    yield had, ARRIVAL_ORDER
    part, own = slice(first, end), place - first
    for start in step.starts:
        starts = np.array([start.get(int(number), 0) for number in rows.partitions[part]], dtype=np.int64)
        if rows.offsets[place] >= start.get(int(rows.partitions[place]), 0):
            yield had & (rows.offsets[part] >= starts), STREAM_GAP
    same = (rows.partitions == rows.partitions[place]) & (rows.offsets <= rows.offsets[place])
    newest_ms = int(rows.times_ms[same].max())
    longest_ms = max(feature.window_ms + feature.step_ms for feature in step.step.features)
    kept_from_ms = newest_ms - longest_ms - step.lateness_ms
    if rows.times_ms[first] < kept_from_ms:
        kept = had & (rows.times_ms[part] >= kept_from_ms)
        kept[own] = True
        yield kept, EXPIRED_STATE
