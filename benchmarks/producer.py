"""How fast the producer is: both Kafka clients on the same events, beside what they stand on.

``python -m benchmarks.producer [--events N]`` with ``KAFKA_BOOTSTRAP_SERVERS`` set. It makes
topics of its own and deletes them. Lines:

- *generate*: the stream made and thrown away, without Kafka;
- *confluent-kafka* and *kafka-python*: the same messages, made before, acks=all, idempotent; lz4,
  but none for kafka-python, which would need another library for it and is quicker without;
- *producer*: ``ingestion produce`` as people run it, with and without a ledger;
- *broker*: one message sent over and over by the C client without callbacks, which bounds
  every client here.
"""

from __future__ import annotations

import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar

import typer
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic
from kafka import KafkaProducer

from contract.names import TOPIC_MESSAGE_BYTES_MAX
from contract.settings import Settings, SettingsError, load_settings
from ingestion.delivery import Delivery, producer_properties
from ingestion.ledger import Ledger
from ingestion.messages import Message
from ingestion.options import StreamOptions, default_users, span_ms
from ingestion.pace import Pace
from ingestion.scenario_table import catalog_rule_ids
from ingestion.stream import generate_stream

PARTITIONS = 4
RAW_BYTES = 320


def main(events: int = 300_000) -> None:
    """Measure on the broker that the environment names."""
    measure(load_settings(), events)


def measure(settings: Settings, events: int = 300_000) -> None:
    """Print one line per measurement: messages a second, and as a share of the raw limit."""
    options = _options(events)
    batches, generated = _timed(lambda: list(generate_stream(options, catalog_rule_ids())))
    messages = [message for batch in batches for message in batch]
    _print("generate the stream, no Kafka", len(messages), generated, None)
    raw = _measure(settings, "broker: one client, one message, no callbacks", messages, _raw, None)
    for name, send in (
        ("confluent-kafka, the same events", _confluent),
        ("kafka-python, the same events", _kafka_python),
        ("producer: generate, check, send", _producer),
        ("producer: the same with a ledger", _producer_with_ledger),
    ):
        _measure(settings, name, messages, send, raw)


Send = Callable[[Settings, str, list[Message]], None]


def _options(events: int) -> StreamOptions:
    users = default_users(events)
    start_ms = int(time.time() * 1_000) - span_ms(events, users, 4.0)
    return StreamOptions(events=events, start_ms=start_ms, users=users)


def _measure(settings: Settings, name: str, messages: list[Message], send: Send, raw: float | None) -> float:
    with _topic(settings) as topic:
        _, spent = _timed(lambda: send(settings, topic, messages))
    _print(name, len(messages), spent, raw)
    return len(messages) / spent.seconds


def _print(name: str, count: int, spent: Spent, raw: float | None) -> None:
    rate = count / spent.seconds
    share = f"{rate / raw:5.0%} of raw" if raw else ""
    cpu_us = spent.cpu_seconds / count * 1e6
    print(f"{name:44} {rate:>9,.0f} messages/s {cpu_us:5.1f} us of CPU a message {share}", flush=True)


T = TypeVar("T")


class Spent(NamedTuple):
    """Time on the clock, and of this process on all cores."""

    seconds: float
    cpu_seconds: float


def _timed(work: Callable[[], T]) -> tuple[T, Spent]:
    began, cpu = time.perf_counter(), time.process_time()
    done = work()
    return done, Spent(time.perf_counter() - began, time.process_time() - cpu)


@contextmanager
def _topic(settings: Settings) -> Iterator[str]:
    admin = AdminClient(settings.librdkafka())
    name = f"bench-{uuid.uuid4().hex[:8]}"
    config = {"max.message.bytes": str(TOPIC_MESSAGE_BYTES_MAX), "message.timestamp.type": "LogAppendTime"}
    for created in admin.create_topics([NewTopic(name, PARTITIONS, 1, config=config)]).values():
        created.result()
    time.sleep(2)
    try:
        yield name
    finally:
        for deleted in admin.delete_topics([name]).values():
            deleted.result()


def _raw(settings: Settings, topic: str, messages: list[Message]) -> None:
    producer = Producer({**producer_properties(settings), "delivery.report.only.error": True})
    value = (messages[0].value or b"")[:RAW_BYTES]
    for number in range(len(messages)):
        _retrying(producer, topic, value, str(number))
    assert producer.flush(60) == 0


def _retrying(producer: Producer, topic: str, value: bytes | None, key: bytes | str) -> None:
    while True:
        try:
            producer.produce(topic, value, key)
        except BufferError:
            producer.poll(0.05)
        else:
            return


def _confluent(settings: Settings, topic: str, messages: list[Message]) -> None:
    delivery = Delivery(Producer(producer_properties(settings)), topic)
    delivery.send(messages, Pace(None))
    delivery.finish()
    assert delivery.tally.messages == len(messages)


def _kafka_python(settings: Settings, topic: str, messages: list[Message]) -> None:
    producer = KafkaProducer(
        bootstrap_servers=settings.require("kafka_bootstrap_servers").split(","),
        acks="all",
        enable_idempotence=True,
        linger_ms=10,
        batch_size=1_000_000,
        max_request_size=TOPIC_MESSAGE_BYTES_MAX,
        buffer_memory=256 * 1024 * 1024,
    )
    acknowledged: list[int] = []
    for message in messages:
        producer.send(topic, message.value, message.key).add_callback(
            lambda sent: acknowledged.append(sent.offset)
        )
    producer.flush(120)
    producer.close()
    assert len(acknowledged) == len(messages)


def _producer(settings: Settings, topic: str, messages: list[Message]) -> None:
    _generate_and_send(settings, topic, messages, None)


def _producer_with_ledger(settings: Settings, topic: str, messages: list[Message]) -> None:
    with tempfile.TemporaryDirectory() as folder, Ledger(Path(folder) / "ledger.jsonl.gz", topic) as ledger:
        _generate_and_send(settings, topic, messages, ledger)


def _generate_and_send(
    settings: Settings, topic: str, messages: list[Message], ledger: Ledger | None
) -> None:
    good = sum(message.kind == "good" for message in messages)
    delivery = Delivery(Producer(producer_properties(settings)), topic, ledger)
    for batch in generate_stream(_options(good), catalog_rule_ids()):
        delivery.send(batch, Pace(None))
    delivery.finish()
    assert delivery.tally.messages == len(messages)


if __name__ == "__main__":
    try:
        typer.run(main)
    except SettingsError as error:
        sys.exit(f"error: {error}")
