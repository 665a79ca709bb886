"""bytewax: ``python -m bytewax.run benchmarks.peers.contenders.bytewax_flow:flow``, two processes.

Each process is a worker of its own on half of the partitions. As keys do not cross partitions, that
gives the same alerts as one cluster of two, without pickling each event from one process to the other.
No recovery store is set: its state would not outlive a crash, which favours it here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import bytewax.operators as op
import orjson
from bytewax.connectors.kafka import KafkaSink, KafkaSinkMessage, KafkaSource
from bytewax.dataflow import Dataflow, Stream
from bytewax.operators import KeyedStream, StatefulBatchLogic
from confluent_kafka import OFFSET_BEGINNING

from benchmarks.peers.assignment import STATELESS, Assignment, read_assignment
from benchmarks.peers.rolling import Rolling
from benchmarks.peers.work import MARKER_MERCHANT, Key, Window, passes, stateless_rule

BATCH = 10_000
Event = dict[str, Any]


class SomePartitions(KafkaSource):  # type: ignore[misc]
    """The source of this process's partitions."""

    def __init__(self, assignment: Assignment) -> None:
        super().__init__(
            [assignment.servers], [assignment.topic], starting_offset=OFFSET_BEGINNING, batch_size=BATCH
        )
        self._names = [f"{number}-{assignment.topic}" for number in assignment.partitions]

    def list_parts(self) -> list[str]:
        """Name the partitions as the source does."""
        return self._names


class Windows(StatefulBatchLogic[Event, Event, Rolling]):  # type: ignore[misc]
    """The windows of one key: marks the events of which a value passes its threshold."""

    def __init__(self, windows: tuple[Window, ...], limits: list[int], rolling: Rolling | None) -> None:
        self._rolling = rolling or Rolling(windows)
        self._limits = limits

    def on_batch(self, values: list[Event]) -> tuple[Iterable[Event], bool]:
        """Take in events of the key."""
        for event in values:
            found = self._rolling.add(event["event_time_ms"], event["amount_cents"])
            if passes(found, self._limits):
                event["fires"] = True
        return values, StatefulBatchLogic.RETAIN

    def snapshot(self) -> Rolling:
        """The state that recovery would keep."""
        return self._rolling


def build(assignment: Assignment) -> Dataflow:
    """The flow of an assignment."""
    made = Dataflow("peers")
    messages = op.input("messages", made, SomePartitions(assignment))
    fires = stateless_rule(assignment.thresholds.get(STATELESS, 0))

    def parse(batch: list[Any]) -> list[Event]:
        return [orjson.loads(message.value) for message in batch]

    def parse_and_try(batch: list[Any]) -> list[Event]:
        return [event for event in parse(batch) if fires(event)]

    if assignment.windows:
        events = _windows(op.flat_map_batch("parse", messages, parse), assignment)
        fired = op.filter("fired", events, _fired)
    else:
        fired = op.flat_map_batch("parse", messages, parse_and_try)
    op.output(
        "alerts", op.map("alert", fired, _alert), KafkaSink([assignment.servers], assignment.alerts_topic)
    )
    return made


def _windows(events: Stream[Event], assignment: Assignment) -> Stream[Event]:
    for step in assignment.steps():
        events = op.key_rm(f"without_{step.key}", _step(events, *step))
    return events


def _step(
    events: Stream[Event], key: Key, windows: tuple[Window, ...], limits: list[int]
) -> KeyedStream[Event]:
    keyed = op.key_on(f"by_{key}", events, lambda event: event[key])
    return op.stateful_batch(key, keyed, lambda rolling: Windows(windows, limits, rolling))


def _fired(event: Event) -> bool:
    return "fires" in event or event["merchant_id"] == MARKER_MERCHANT


def _alert(event: Event) -> KafkaSinkMessage[bytes | None, bytes | None]:
    return KafkaSinkMessage(None, orjson.dumps({"event_id": event["event_id"]}))


def flow() -> Dataflow:
    """The flow that the environment assigns."""
    return build(read_assignment())
