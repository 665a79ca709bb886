"""The running stream of a test session, and what a test sends to it and reads from it."""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from confluent_kafka import Consumer, Message, Producer, TopicPartition
from pymongo.database import Database

from contract.names import ALERTS_COLLECTION, ALERTS_TOPIC
from contract.settings import Settings
from stack.jobs import StreamJobs
from stack.up import Stack

Document = dict[str, Any]
Place = tuple[int, int]
STORE_ANSWER_MS_MAX = 30_000
"""The embedded store writes to disk, and is started anew, while tests ask it."""


@dataclass(frozen=True)
class Stream:
    """Both jobs on the session's engines."""

    stack: Stack
    jobs: StreamJobs
    settings: Settings
    database: Database[Document]

    def send(
        self, values: Sequence[bytes | None], topic: str | None = None, partition: int = 0
    ) -> list[Place]:
        """Append messages to one partition, in order; their places."""
        places: list[Place] = []

        def acknowledged(error: object, message: Message) -> None:
            assert error is None, error
            places.append((message.partition() or 0, message.offset() or 0))

        producer = Producer({**self.settings.librdkafka(), "linger.ms": 5, "message.max.bytes": 4_000_000})
        for value in values:
            producer.produce(
                topic or self.settings.kafka_topic, value, partition=partition, on_delivery=acknowledged
            )
            producer.poll(0)
        assert producer.flush(60) == 0
        return places

    def send_events(self, events: Iterable[Document], partition: int = 0) -> list[Place]:
        """Append events as JSON."""
        return self.send([orjson.dumps(event) for event in events], partition=partition)

    def keep_state(self) -> None:
        """Make a checkpoint of detect_fraud, to which a failure takes it back."""
        (run,) = self.jobs.rest.alive_runs("detect_fraud")
        assert self.jobs.rest.checkpoint(run, 60)

    def delivered(self, ids: Iterable[str]) -> dict[str, Document]:
        """The alerts with these ids that MongoDB holds."""
        found = self.database[ALERTS_COLLECTION].find({"_id": {"$in": list(ids)}})
        return {document["_id"]: document for document in found}

    def wait_for(self, ids: Iterable[str], timeout_s: float = 120) -> dict[str, Document]:
        """Wait until MongoDB has held each of these alerts; those that it holds then.

        Only what was not seen yet is asked for: the embedded store is slow with long lists.
        """
        wanted = set(ids)
        missing = set(wanted)

        def seen() -> bool:
            missing.difference_update(self.delivered(missing))
            return not missing

        wait_until(seen, timeout_s, lambda: self._state(wanted))
        return self.delivered(wanted)

    def raised(self, prefix: str, rule_ids: Container[str] | None = None) -> list[Document]:
        """Every alert on its topic, of these rules or all, of events whose id begins so, repeats included."""
        values = [
            orjson.loads(value) for value in self.read(ALERTS_TOPIC) if value and value.startswith(b'{"_id"')
        ]
        return [
            alert
            for alert in values
            if alert["event_id"].startswith(prefix) and (rule_ids is None or alert["rule_id"] in rule_ids)
        ]

    def read(self, topic: str) -> list[bytes | None]:
        """Every value on a topic, from its start to its present end."""
        consumer = Consumer({**self.settings.librdkafka(), "group.id": "tests", "enable.auto.commit": False})
        try:
            numbers = consumer.list_topics(topic, timeout=10).topics[topic].partitions
            places = [TopicPartition(topic, number, 0) for number in numbers]
            left = sum(consumer.get_watermark_offsets(place, timeout=10)[1] for place in places)
            consumer.assign(places)
            values: list[bytes | None] = []
            while len(values) < left:
                batch = consumer.consume(min(1000, left - len(values)), timeout=10)
                assert batch, f"{left - len(values)} messages of {topic} did not come"
                values += [message.value() for message in batch]
            return values
        finally:
            consumer.close()

    def _state(self, wanted: set[str]) -> str:
        missing = sorted(wanted - set(self.delivered(wanted)))
        return f"{len(missing)} alerts are missing, as {missing[:3]}; jobs are {self.jobs.states()}"


def wait_until(holds: Callable[[], bool], timeout_s: float, state: Callable[[], str]) -> None:
    """Poll until it holds; fail with the state when it does not in time."""
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline, state()
        time.sleep(0.1)
