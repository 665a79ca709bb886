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
from spark_jobs.proofs.combinations import BITS_64, combined, sums_from_the_end
from spark_jobs.proofs.key_rows import KeyRows


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
    lacking, surplus = count - seen.events, (total - seen.checksum) & BITS_64
    if lacking == 0 and surplus == 0:
        return TakenPart(seen)
    reached = seen.spans(rows.partitions, rows.offsets) & (rows.times_ms >= counted_from_ms)
    if lacking > 0:
        found = _without_last(rows, seen, reached, lacking, surplus)
    else:
        found = _with_repeats(rows, seen, reached, -lacking, (-surplus) & BITS_64)
    return found or _with_one_repeat_and_without_last(rows, seen, reached, lacking, surplus)


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
    rows: KeyRows, seen: SeenPartition, reached: Truths, more: int, wanted: int
) -> TakenPart | None:
    """Put ``more`` repetitions to the events, which have the sum ``wanted``."""
    places = np.flatnonzero(reached & ~rows.accepted).tolist()
    taken = combined([[0, int(rows.mixes[place])] for place in places], more, wanted)
    if taken is None:
        return None
    return TakenPart(seen, added=tuple(compress(places, taken)))


def _with_one_repeat_and_without_last(
    rows: KeyRows, seen: SeenPartition, reached: Truths, lacking: int, surplus: int
) -> TakenPart | None:
    """Put one repetition to the events, and take off the last ones of each route."""
    if lacking < 0:
        return None
    for place in np.flatnonzero(reached & ~rows.accepted).tolist():
        mix = int(rows.mixes[place])
        part = _without_last(rows, seen, reached, lacking + 1, (surplus + mix) & BITS_64)
        if part is not None:
            return replace(part, added=(place,))
    return None
