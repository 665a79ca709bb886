"""From what came out, and when, to events a second and to a verdict on the alerts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.peers.events import Events, index_of

WARM_UP = 0.25


@dataclass(frozen=True)
class Arrival:
    """An alert on its topic: whose it is, and the broker's clock in ms."""

    time_ms: float
    event_id: str


@dataclass(frozen=True)
class Difference:
    """How the alerts differ from those that are right; both zero where they are equal."""

    missing: int
    wrong: int


def difference(arrivals: Iterable[Arrival], expected: set[int]) -> Difference:
    """Compare the events that alerts name, each once, with those that fire."""
    found = {index_of(arrival.event_id) for arrival in arrivals}
    return Difference(missing=len(expected - found), wrong=len(found - expected))


def done_by_markers(arrivals: Iterable[Arrival], events: Events) -> list[tuple[float, int]]:
    """Clock in ms and events done until then, told by each partition's markers.

    A marker's alert says that its partition was done up to it.
    """
    done: dict[int, int] = {}
    partition, position, marker = events.partition, events.position, events.marker
    progress = []
    for arrival in sorted(arrivals, key=lambda arrival: arrival.time_ms):
        index = index_of(arrival.event_id)
        if index < len(events) and marker[index]:
            number = int(partition[index])
            done[number] = max(done.get(number, 0), int(position[index]) + 1)
            progress.append((arrival.time_ms, sum(done.values())))
    return progress


def done_by_batches(batches: Iterable[tuple[float, int]]) -> list[tuple[float, int]]:
    """The same from the clock and the size of each batch, of all processes together."""
    done, progress = 0, []
    for time_ms, count in sorted(batches):
        done += count
        progress.append((time_ms, done))
    return progress


def events_per_s(progress: Sequence[tuple[float, int]], warm_up: float = WARM_UP) -> float:
    """The rate from the first quarter's end to the end: start, compilers' warm-up and first batches aside."""
    if not progress:
        return 0.0
    end_ms, total = progress[-1]
    start_ms, before = next(point for point in progress if point[1] >= warm_up * total)
    return (total - before) / (end_ms - start_ms) * 1000 if end_ms > start_ms else 0.0
