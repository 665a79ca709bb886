"""Which events of a key its operator had taken in: those that count and checksum say, or none can tell.

The operator takes in the events of a partition in order where they came along the same tasks. So what
it lacks, up to the last offset that it had, are the last events of each route.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import compress

import numpy as np

from spark_jobs.features.rows import Integers, Truths
from spark_jobs.proofs.combinations import BITS_64, chosen, combined, sums_from_the_end
from spark_jobs.proofs.key_rows import KeyRows

HELD_BACK_MAX = 64
"""How many events on their way are looked for beside repetitions that were taken in."""


@dataclass(frozen=True)
class SeenPartition:
    """What an alert says of the events of its key that came from one partition."""

    partition: int
    last_offset: int
    first_offset: int
    events: int
    checksum: int

    def spans(self, partitions: Integers, offsets: Integers) -> Truths:
        """Whether each place lies between the first and the last event of the partition that it tells of."""
        spanned: Truths = (partitions == self.partition) & (offsets >= self.first_offset)
        return spanned & (offsets <= self.last_offset)


@dataclass(frozen=True)
class Cut:
    """From this offset on the events of a route were still on their way."""

    routes: Integers
    route: int
    offset: int


@dataclass(frozen=True)
class TakenPart:
    """The events of one partition that the operator had: up to the last offset, save for some."""

    seen: SeenPartition
    cuts: tuple[Cut, ...] = ()
    added: tuple[int, ...] = ()
    """Rows that repeat another event and were taken in all the same."""
    dropped: tuple[int, ...] = ()
    """Rows in whose place a repetition was taken in."""

    def mark(self, rows: KeyRows, had: Truths, first: int, end: int) -> None:
        """Mark what it had among the rows ``first`` up to ``end``."""
        offsets = rows.offsets[first:end]
        reached = self.seen.spans(rows.partitions[first:end], offsets) & rows.accepted[first:end]
        for cut in self.cuts:
            reached &= (cut.routes[first:end] != cut.route) | (offsets < cut.offset)
        had |= reached
        for place in self.added:
            if first <= place < end:
                had[place - first] = True
        for place in self.dropped:
            if first <= place < end:
                had[place - first] = False


@dataclass(frozen=True)
class Taken:
    """What the operator had of a key when it decided on one event."""

    parts: tuple[TakenPart, ...]

    def among(self, rows: KeyRows, first: int, end: int) -> Truths:
        """Whether it had each of the rows ``first`` up to ``end``."""
        had = np.zeros(end - first, dtype=np.bool_)
        for part in self.parts:
            part.mark(rows, had, first, end)
        return had

    def first_offsets(self) -> dict[int, int]:
        """Partition -> the least offset that it ever had."""
        return {part.seen.partition: part.seen.first_offset for part in self.parts}


def find_taken(rows: KeyRows, seen: Iterable[SeenPartition], counted_from_ms: int) -> Taken | None:
    """Find what the operator had; None where no set of the events has the count and the checksum."""
    parts: list[TakenPart] = []
    for of_partition in seen:
        part = _of_partition(rows, of_partition, counted_from_ms)
        if part is None:
            return None
        parts.append(part)
    return Taken(tuple(parts))


def _of_partition(rows: KeyRows, seen: SeenPartition, counted_from_ms: int) -> TakenPart | None:
    if not rows.holds(seen.partition, seen.last_offset):
        return None
    count, total = rows.counted(seen.partition, counted_from_ms).between(seen.first_offset, seen.last_offset)
    wanted = count - seen.events, (total - seen.checksum) & BITS_64
    if wanted == (0, 0):
        return TakenPart(seen)
    reached = seen.spans(rows.partitions, rows.offsets) & (rows.times_ms >= counted_from_ms)
    before = rows.taken_repeats & reached
    found = _beside(rows, seen, reached, before, wanted)
    if found is None and before.any():
        found = _beside(rows, seen, reached, np.zeros_like(before), wanted)
    if found is not None and not found.cuts:
        rows.taken_repeats[list(found.added)] = True
    return found


def _beside(
    rows: KeyRows, seen: SeenPartition, reached: Truths, before: Truths, wanted: tuple[int, int]
) -> TakenPart | None:
    """Find what the operator had, if it had the repetitions that an alert ``before`` had."""
    had = tuple(np.flatnonzero(before).tolist())
    lacking = wanted[0] + len(had)
    surplus = (wanted[1] + sum(rows.mixes[list(had)].tolist())) & BITS_64
    if lacking == 0 and surplus == 0:
        return TakenPart(seen, added=had)
    repeats = _repeats(rows, reached & ~before)
    if lacking > 0:
        found = _without_last(rows, seen, reached, lacking, surplus)
    else:
        found = _with_repeats(rows, seen, repeats, -lacking, (-surplus) & BITS_64)
    found = found or _with_repeats_and_without_last(rows, seen, reached, repeats, (lacking, surplus))
    return found and replace(found, added=(*had, *found.added))


def _repeats(rows: KeyRows, among: Truths) -> list[int]:
    """The repetitions, those first that came longest after the copy before: ids are forgotten in time."""
    places = np.flatnonzero(among & ~rows.accepted)
    return [int(place) for place in places[np.argsort(-rows.since_copy()[places], kind="stable")]]


def _without_last(
    rows: KeyRows, seen: SeenPartition, reached: Truths, lacking: int, surplus: int
) -> TakenPart | None:
    """Take off the last events of each route until ``lacking`` are off and their sum is ``surplus``."""
    places = np.flatnonzero(reached & rows.accepted)
    places = places[np.argsort(rows.offsets[places])]
    for routes in rows.routes:
        of_places = routes[places]
        by_route = [places[of_places == route] for route in np.unique(of_places)]
        free = [route for route in by_route if rows.offsets[route[-1]] != seen.last_offset]
        taken_off = combined(
            [sums_from_the_end(rows.mixes[route[::-1][:lacking]]) for route in free], lacking, surplus
        )
        if taken_off is not None:
            cuts = (
                Cut(routes, int(routes[route[0]]), int(rows.offsets[route[-count]]))
                for route, count in zip(free, taken_off, strict=True)
                if count
            )
            return TakenPart(seen, cuts=tuple(cuts))
    if lacking == 1:
        repeated = set(rows.repeats[~rows.accepted].tolist())
        for place in places.tolist():
            if place in repeated and int(rows.mixes[place]) == surplus:
                return TakenPart(seen, dropped=(place,))
    return None


def _with_repeats(
    rows: KeyRows, seen: SeenPartition, repeats: list[int], more: int, wanted: int
) -> TakenPart | None:
    """Put ``more`` repetitions to the events, which have the sum ``wanted``."""
    mixes = rows.mixes[repeats].tolist()
    if sum(mixes[:more]) & BITS_64 == wanted and more <= len(repeats):
        return TakenPart(seen, added=tuple(repeats[:more]))
    taken = chosen(mixes, more, wanted) if more <= len(repeats) else None
    return None if taken is None else TakenPart(seen, added=tuple(compress(repeats, taken)))


def _with_repeats_and_without_last(
    rows: KeyRows, seen: SeenPartition, reached: Truths, repeats: list[int], wanted: tuple[int, int]
) -> TakenPart | None:
    """Put one repetition to the events, or the first ones, and take off the last events of each route."""
    lacking, surplus = wanted
    tried: list[tuple[int, ...]] = [(place,) for place in repeats] if lacking >= 0 else []
    least = max(2, -lacking)
    tried += [tuple(repeats[:more]) for more in range(least, min(len(repeats), least + HELD_BACK_MAX) + 1)]
    for added in tried:
        summed = (surplus + sum(rows.mixes[list(added)].tolist())) & BITS_64
        part = _without_last(rows, seen, reached, lacking + len(added), summed)
        if part is not None:
            return replace(part, added=added)
    return None
