"""quixstreams: ``python -m benchmarks.peers.contenders.quix list|sliding``, two processes of one group.

*list* keeps a key's rows and sums as bytes in the state; a card and a device are looked up under their
user, which is the message's key, so that no topic in between is needed. *sliding* is its own sliding
window over the events grouped by card, through the topic in between that it needs for this.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable
from typing import Any

import orjson
from quixstreams import Application, State
from quixstreams.dataframe import StreamingDataFrame
from quixstreams.dataframe.windows import aggregations

from benchmarks.peers.assignment import STATELESS, Assignment, read_assignment
from benchmarks.peers.work import MARKER_MERCHANT, Window, passes, stateless_rule

Event = dict[str, Any]


def stored_windows(
    state: State[str, bytes], key: str, windows: tuple[Window, ...], time_ms: int, amount_cents: int
) -> list[int]:
    """Add an event to a key's rows in the state; the value of each window.

    The rows are pairs of time and amount behind a start and a sum for each window, whole numbers all.
    """
    numbers = array("q")
    width = 2 * len(windows)
    numbers.frombytes(state.get_bytes(key) or bytes(8 * width))
    numbers.extend((time_ms, amount_cents))
    values = []
    for place, window in enumerate(windows):
        start, total = numbers[2 * place], numbers[2 * place + 1] + amount_cents
        while numbers[width + 2 * start] < time_ms - window.window_ms:
            total -= numbers[width + 2 * start + 1]
            start += 1
        numbers[2 * place], numbers[2 * place + 1] = start, total
        rows = (len(numbers) - width) // 2 - start
        values.append(rows if window.function == "count" else total)
    _let_go(numbers, width)
    state.set_bytes(key, numbers.tobytes())
    return values


def _let_go(numbers: array[int], width: int) -> None:
    """Drop the rows that no window needs, once they are half of all."""
    unused = min(numbers[place] for place in range(0, width, 2))
    if 4 * unused > len(numbers) - width:
        del numbers[width : width + 2 * unused]
        for place in range(0, width, 2):
            numbers[place] -= unused


def with_list(events: StreamingDataFrame, assignment: Assignment) -> StreamingDataFrame:
    """Keep the rows in the state, and let through what fires."""
    steps = assignment.steps()

    def fires(event: Event, state: State[str, bytes]) -> bool:
        fired: bool = event["merchant_id"] == MARKER_MERCHANT
        for key, windows, limits in steps:
            row = (event["event_time_ms"], event["amount_cents"])
            fired = passes(stored_windows(state, event[key], windows, *row), limits) or fired
        return fired

    return events.filter(fires, stateful=True)


def with_sliding(events: StreamingDataFrame, assignment: Assignment) -> StreamingDataFrame:
    """Its own sliding windows; one count by card."""
    ((_, (window,), (limit,)),) = assignment.steps()
    grouped = events.group_by("card_id").sliding_window(window.window_ms)
    latest = {"events": aggregations.Count(), "event_id": aggregations.Latest("event_id")}
    values = grouped.agg(**latest, merchant_id=aggregations.Latest("merchant_id")).current()
    return values.filter(lambda value: value["events"] > limit or value["merchant_id"] == MARKER_MERCHANT)


def build(assignment: Assignment, variant: str) -> Application:
    """The application of an assignment."""
    application = Application(
        broker_address=assignment.servers,
        consumer_group=f"{assignment.alerts_topic}-quix",
        auto_offset_reset="earliest",
        state_dir=f"{assignment.folder}/state-{assignment.process}",
        loglevel="WARNING",
    )
    topic = application.topic(assignment.topic, timestamp_extractor=_event_time)
    events = application.dataframe(topic)
    fires: Callable[[Event], bool] = stateless_rule(assignment.thresholds.get(STATELESS, 0))
    if not assignment.windows:
        fired = events.filter(fires)
    else:
        fired = (with_sliding if variant == "sliding" else with_list)(events, assignment)
    alerts = application.topic(assignment.alerts_topic, value_serializer="bytes")
    fired.apply(lambda event: orjson.dumps({"event_id": event["event_id"]})).to_topic(alerts)
    return application


def _event_time(value: Event, *_: object) -> int:
    time_ms: int = value["event_time_ms"]
    return time_ms


if __name__ == "__main__":
    build(read_assignment(), sys.argv[1]).run()
