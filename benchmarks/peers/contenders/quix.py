"""quixstreams: ``python -m benchmarks.peers.contenders.quix list|sliding``, two processes of one group.

*list* keeps a key's rows and sums as bytes in the state; a card and a device are looked up under their
user, which is the message's key, so that no topic in between is needed. *sliding* is its own sliding
window over the events grouped by card, through the topic in between that it needs for this.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import orjson
from quixstreams import Application, State
from quixstreams.dataframe import StreamingDataFrame
from quixstreams.dataframe.windows import aggregations

from benchmarks.peers.assignment import STATELESS, Assignment, read_assignment
from benchmarks.peers.packed_rows import add_row
from benchmarks.peers.work import MARKER_MERCHANT, passes, stateless_rule

Event = dict[str, Any]


def with_list(events: StreamingDataFrame, assignment: Assignment) -> StreamingDataFrame:
    """Keep the rows in the state, and let through what fires."""
    steps = assignment.steps()

    def fires(event: Event, state: State[str, bytes]) -> bool:
        fired: bool = event["merchant_id"] == MARKER_MERCHANT
        for key, windows, limits in steps:
            row = (event["event_time_ms"], event["amount_cents"])
            packed, values = add_row(state.get_bytes(event[key]), windows, *row)
            state.set_bytes(event[key], packed)
            fired = passes(values, limits) or fired
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
