"""Sends messages to Kafka and knows the fate of each: acknowledged at an offset, or failed."""

from __future__ import annotations

import time
from collections.abc import Iterable
from functools import partial
from typing import Any, Protocol

from confluent_kafka import KafkaError, KafkaException, Producer

from contract.names import TOPIC_MESSAGE_BYTES_MAX
from contract.settings import HOW_TO_SET, Settings, SettingsError
from ingestion.errors import DeliveryError
from ingestion.ledger import Ledger
from ingestion.messages import Message
from ingestion.pace import Pace
from ingestion.tally import Tally

CONNECT_SECONDS = 10.0
SLICE_MESSAGES = 500
FLUSH_SECONDS = 60.0
SETTLE_SECONDS = 0.25


class Observer(Protocol):
    """Is told what was acknowledged and what failed, some times a second."""

    def acknowledged(self, tally: Tally) -> None:
        """Take in counts of messages that the broker has."""

    def failed(self, count: int) -> None:
        """Take in how many messages failed."""


def producer_properties(settings: Settings) -> dict[str, Any]:
    """librdkafka's properties: idempotent, all replicas, lz4; keys go where Java clients put them."""
    return {
        **settings.librdkafka(),
        "acks": "all",
        "enable.idempotence": True,
        "compression.type": "lz4",
        "partitioner": "murmur2_random",
        "linger.ms": 10,
        "batch.num.messages": 10_000,
        "batch.size": 1_000_000,
        "message.max.bytes": TOPIC_MESSAGE_BYTES_MAX,
        "queue.buffering.max.messages": 200_000,
        "queue.buffering.max.kbytes": 262_144,
        "delivery.timeout.ms": int(FLUSH_SECONDS * 1_000),
        "log_level": 0,
    }


def connect(settings: Settings, topic: str) -> Producer:
    """Return a producer whose broker answers and knows the topic.

    Raises:
        SettingsError: no broker answers, or there is no such topic.
    """
    causes: list[str] = []
    properties = producer_properties(settings)
    producer = Producer({**properties, "error_cb": lambda error: causes.append(error.str())})
    servers = properties["bootstrap.servers"]
    try:
        topics = producer.list_topics(timeout=CONNECT_SECONDS).topics
    except KafkaException as error:
        producer.poll(0)
        cause = causes[0] if causes else error.args[0].str()
        raise SettingsError(
            f"KAFKA_BOOTSTRAP_SERVERS={servers}: no broker answered within {CONNECT_SECONDS:.0f} s "
            f"({cause}): {HOW_TO_SET}"
        ) from None
    if topic not in topics:
        raise SettingsError(
            f"KAFKA_TOPIC={topic}: no such topic on {servers}: run `make up`, which creates it, or create it"
        )
    return producer


class Delivery:
    """Sends, waits for every acknowledgement, and keeps the ledger."""

    def __init__(
        self, producer: Producer, topic: str, ledger: Ledger | None = None, observer: Observer | None = None
    ) -> None:
        self.tally = Tally([])
        self.failures = 0
        self.first_failure: KafkaError | None = None
        self._producer = producer
        self._topic = topic
        self._ledger = ledger
        self._observer = observer
        self._on_the_way = 0
        self._acknowledged: list[tuple[Message, int, int]] = []
        self._settled_at = time.monotonic()

    def send(self, messages: list[Message], pace: Pace) -> None:
        """Hand over messages in order, in slices at the given pace; stops early when the pace is stopped.

        After a failure the rest is not sent, and what is on the way is waited for.

        Raises:
            DeliveryError: messages sent before have failed.
        """
        for first in range(0, len(messages), SLICE_MESSAGES):
            for part in pace.slices(messages[first : first + SLICE_MESSAGES], self._wait):
                self._hand_over(part)
            self._wait(0)
            self._settle()
            if self.failures:
                self.finish()
            if pace.stopped:
                break

    def finish(self) -> None:
        """Wait until every message handed over is acknowledged.

        Raises:
            DeliveryError: some were not; the text names how many and the first cause.
        """
        deadline = time.monotonic() + FLUSH_SECONDS
        while self._on_the_way and time.monotonic() < deadline:
            self._producer.flush(0.2)
            self._settle()
        self._settle()
        self.failures += self._on_the_way
        if self.failures:
            raise self._error()

    def _hand_over(self, messages: Iterable[Message]) -> None:
        produce, topic, acknowledged = self._producer.produce, self._topic, self._on_delivery
        for message in messages:
            while True:
                try:
                    produce(topic, message.value, message.key, on_delivery=partial(acknowledged, message))
                except BufferError:
                    self._wait(0.05)
                except KafkaException as error:
                    self.failures += 1
                    self.first_failure = self.first_failure or error.args[0]
                    return
                else:
                    self._on_the_way += 1
                    break

    def _on_delivery(self, message: Message, error: KafkaError | None, sent: Any) -> None:
        self._on_the_way -= 1
        if error is None:
            self._acknowledged.append((message, sent.partition(), sent.offset()))
            return
        self.failures += 1
        self.first_failure = self.first_failure or error

    def _wait(self, seconds: float) -> None:
        self._producer.poll(seconds)
        if seconds and time.monotonic() - self._settled_at > SETTLE_SECONDS:
            self._settle()

    def _settle(self) -> None:
        acknowledged, self._acknowledged = self._acknowledged, []
        self._settled_at = time.monotonic()
        if not acknowledged:
            return
        settled = Tally([message for message, *_ in acknowledged])
        self.tally.add(settled)
        if self._ledger:
            self._ledger.write(acknowledged)
        if self._observer:
            self._observer.acknowledged(settled)

    def _error(self) -> DeliveryError:
        if self._observer:
            self._observer.failed(self.failures)
        cause = self.first_failure.str() if self.first_failure else "no answer"
        return DeliveryError(
            f"topic {self._topic}: {self.failures:,} messages were not acknowledged within "
            f"{FLUSH_SECONDS:.0f} s, {self.tally.messages:,} were; first cause: {cause}; "
            "is the broker of KAFKA_BOOTSTRAP_SERVERS up?"
        )
