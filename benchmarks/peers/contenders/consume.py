"""The limits: two processes of a plain consumer, each on half of the partitions. No state outlives them.

``python -m benchmarks.peers.contenders.consume consume|parse|windows``; the result is a JSON file.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import orjson
from confluent_kafka import Consumer, Message, TopicPartition

from benchmarks.peers.assignment import STATELESS, Assignment, Step, read_assignment
from benchmarks.peers.rolling import Rolling
from benchmarks.peers.work import MARKER_MERCHANT, passes, stateless_rule

BATCH = 10_000
Take = Callable[[list[Message]], None]


class Taking:
    """What is done with each batch, and the alerts that come of it."""

    def __init__(self, assignment: Assignment) -> None:
        self.alerts: list[str] = []
        self._fires = stateless_rule(assignment.thresholds.get(STATELESS, 0))
        steps: list[tuple[Step, dict[str, Rolling]]] = [(step, {}) for step in assignment.steps()]
        self._steps = steps

    def consume(self, batch: list[Message]) -> None:
        """Take the messages and do nothing with them."""

    def parse(self, batch: list[Message]) -> None:
        """Parse, and try the stateless rule."""
        loads, fires = orjson.loads, self._fires
        for message in batch:
            event = loads(message.value())
            if fires(event):
                self.alerts.append(event["event_id"])

    def windows(self, batch: list[Message]) -> None:
        """Parse, and keep the windows of each key up to date."""
        loads = orjson.loads
        for message in batch:
            event = loads(message.value())
            fired = event["merchant_id"] == MARKER_MERCHANT
            time_ms, amount_cents = event["event_time_ms"], event["amount_cents"]
            for (key, windows, limits), states in self._steps:
                state = states.get(event[key])
                if state is None:
                    state = states[event[key]] = Rolling(windows)
                fired = passes(state.add(time_ms, amount_cents), limits) or fired
            if fired:
                self.alerts.append(event["event_id"])


def consume(assignment: Assignment, take: Take) -> list[tuple[float, int]]:
    """Read the partitions to their ends; the clock (ms) and the messages of each batch when it was done."""
    consumer = Consumer(
        {
            "bootstrap.servers": assignment.servers,
            "group.id": f"{assignment.topic}-limits",
            "enable.auto.commit": False,
            "fetch.message.max.bytes": 4 * 1024 * 1024,
            "queued.max.messages.kbytes": 256 * 1024,
        }
    )
    places = [TopicPartition(assignment.topic, number, 0) for number in assignment.partitions]
    left = sum(consumer.get_watermark_offsets(place, timeout=30)[1] for place in places)
    consumer.assign(places)
    progress = []
    while left > 0:
        batch = consumer.consume(min(BATCH, left), timeout=1)
        take(batch)
        left -= len(batch)
        progress.append((time.time() * 1000, len(batch)))
    consumer.close()
    return progress


def main() -> None:
    """Do the work named by the argument."""
    assignment = read_assignment()
    taking = Taking(assignment)
    progress = consume(assignment, getattr(taking, sys.argv[1]))
    result = Path(assignment.folder) / f"result-{assignment.process}.json"
    result.write_bytes(orjson.dumps({"progress": progress, "alerts": taking.alerts}))


if __name__ == "__main__":
    main()
