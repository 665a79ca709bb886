"""The events that a feature of an alert was computed from, by what the alert says it had seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from spark_jobs.features.rows import Integers, Truths
from spark_jobs.features.specification import StepFeature
from spark_jobs.proofs.key_rows import KeyRows
from spark_jobs.proofs.requests import ProofStep, Request
from spark_jobs.proofs.taken import Taken, find_taken

ARRIVAL_ORDER = "arrival_order"
DUPLICATE_STATE = "duplicate_state"
EXPIRED_STATE = "expired_state"
STREAM_GAP = "stream_gap"
REPEATS_TRIED_MAX = 16
"""How many repetitions that may have been taken in are tried one by one."""


@dataclass(frozen=True)
class Decided:
    """A set of events that the stream decided on, and how it differs from the true windows."""

    rows: Integers
    causes: list[str]
    is_true_window: bool
    bounded: bool = False
    """Whether this is one way among several that the record allows."""
    own_counts: bool = True
    """Whether the event itself is in its windows; it is not when it came too late to be kept."""


def decided_on(request: Request, rows: KeyRows, place: int, step: ProofStep) -> list[Decided]:
    """The events that ``seen`` names; then, where it counts only a part of the windows, what else it allows.

    ``seen`` counts the events of the newest times. Of what an alert on an older event had, repetitions that
    were taken in are in no count: each of them, and all, may have been.

    Raises:
        ValueError: no set of the key's events is what the alert says, or it lacks the alert's own.
    """
    key = step.step.key
    taken = find_taken(rows, request.seen(key), request.counted_from_ms(key))
    if taken is None:
        raise ValueError(f"no set of the events by {key} has the count and the checksum of seen")
    first, end, counting = windows_of(rows, place, step.features(request.rule))
    had = taken.among(rows, first, end)
    if not had[place - first]:
        raise ValueError(f"the alert's own event is not among what was seen by {key}")
    held = _held(rows, first, end, request.held_from_ms(key))
    own = place - first
    found = []
    for added in [(), *_uncounted_repeats(rows, taken, (first, end), request.counted_from_ms(key))]:
        had_also = had.copy()
        had_also[list(added)] = True
        causes = _causes(rows, step, taken, (first, end), counting, had_also, held)
        kept = had_also & held
        kept[own] = True
        decided = first + np.flatnonzero(kept)
        found.append(Decided(decided, causes, not causes, bool(added), bool(held[own])))
    return found


def _uncounted_repeats(
    rows: KeyRows, taken: Taken, run: tuple[int, int], counted_from_ms: int
) -> list[tuple[int, ...]]:
    first, end = run
    uncounted = ~rows.accepted[first:end] & (rows.times_ms[first:end] < counted_from_ms)
    reached = np.zeros(end - first, dtype=np.bool_)
    for part in taken.parts:
        reached |= part.seen.spans(rows.partitions[first:end], rows.offsets[first:end])
    places = np.flatnonzero(uncounted & reached).tolist()
    alone: list[tuple[int, ...]] = [(place,) for place in places[:REPEATS_TRIED_MAX]]
    return [*alone, tuple(places)] if len(places) > 1 else alone


def windows_of(rows: KeyRows, place: int, features: list[StepFeature]) -> tuple[int, int, Truths]:
    """The run of rows that holds all windows of the features at a row, and which of them count."""
    time_ms = int(rows.times_ms[place])
    starts = [_start_ms(time_ms, feature) for feature in features]
    first, end = (
        int(np.searchsorted(rows.times_ms, min(starts), side="left")),
        int(np.searchsorted(rows.times_ms, time_ms, side="right")),
    )
    counting = np.zeros(end - first, dtype=np.bool_)
    for feature, start_ms in zip(features, starts, strict=True):
        counting |= (rows.types[first:end] == feature.source_type) & (rows.times_ms[first:end] >= start_ms)
    return first, end, counting


def _start_ms(time_ms: int, feature: StepFeature) -> int:
    start_ms = time_ms - feature.window_ms
    return start_ms - start_ms % feature.step_ms if feature.step_ms else start_ms


def _held(rows: KeyRows, first: int, end: int, held_from_ms: Mapping[str, int]) -> Truths:
    held = np.ones(end - first, dtype=np.bool_)
    for source_type, time_ms in held_from_ms.items():
        held &= (rows.types[first:end] != source_type) | (rows.times_ms[first:end] >= time_ms)
    return held


def _causes(
    rows: KeyRows,
    step: ProofStep,
    taken: Taken,
    run: tuple[int, int],
    counting: Truths,
    had: Truths,
    held: Truths,
) -> list[str]:
    """Why what the stream had is not what the windows truly hold, each cause once."""
    first, end = run
    accepted = rows.accepted[first:end]
    lacking = counting & accepted & ~(had & held)
    causes = {DUPLICATE_STATE} if bool((counting & ~accepted & had & held).any()) else set()
    if bool((lacking & had).any()):
        causes.add(EXPIRED_STATE)
    first_offsets = taken.first_offsets()
    dropped = {row for part in taken.parts for row in part.dropped}
    for row in (first + np.flatnonzero(lacking & ~had)).tolist():
        offset, first_offset = int(rows.offsets[row]), first_offsets.get(int(rows.partitions[row]))
        if row in dropped:
            causes.add(DUPLICATE_STATE)
        elif first_offset is None or offset > first_offset:
            causes.add(ARRIVAL_ORDER)
        else:
            causes.add(_before_first(int(rows.partitions[row]), offset, first_offset, step))
    return sorted(causes)


def _before_first(partition: int, offset: int, first_offset: int, step: ProofStep) -> str:
    """An event before the first that the operator had: skipped by a start, or forgotten with its key."""
    starts = (start.get(partition, 0) for start in step.starts)
    return STREAM_GAP if any(offset < start <= first_offset for start in starts) else EXPIRED_STATE
