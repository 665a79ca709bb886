"""The events that rules with windows are measured on: made with their number alone, and read back."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator

import orjson
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from contract.names import ALERTS_TOPIC, DETECT_GROUP, FACTS_TOPIC
from contract.settings import Settings
from storage.topics import create_topics

PARTITIONS = 4
CARDS = 10_000
DENSE_CARDS = 50
ANSWER_S = 30.0
STEP_MS = 20
"""Event time between two events."""


def begin_anew(settings: Settings) -> None:
    """Forget the rules and alerts of the job that ran before, and how far it read."""
    admin = AdminClient({**settings.librdkafka(), "log_level": 0})
    known = admin.list_topics(timeout=ANSWER_S).topics.keys()
    gone = [name for name in (FACTS_TOPIC, ALERTS_TOPIC) if name in known]
    for answer in admin.delete_topics(gone).values() if gone else ():
        answer.result(ANSWER_S)
    while gone and not known.isdisjoint(gone):
        known = admin.list_topics(timeout=ANSWER_S).topics.keys()
        time.sleep(0.1)
    groups = {each.group_id for each in admin.list_consumer_groups().result(ANSWER_S).valid}
    if DETECT_GROUP in groups:
        admin.delete_consumer_groups([DETECT_GROUP])[DETECT_GROUP].result(ANSWER_S)
    create_topics(settings)


def produce(settings: Settings, kind: str, events: int) -> None:
    """Append transactions in the order of their time; a user's stand in one partition."""
    producer = Producer({**settings.librdkafka(), "linger.ms": 50, "compression.type": "lz4", "acks": 1})
    start_ms = time.time_ns() // 1_000_000 - events * STEP_MS
    for number in range(events):
        partition, value = message(kind, number, start_ms + number * STEP_MS)
        producer.produce(settings.kafka_topic, value, partition=partition)
        if number % 10_000 == 0:
            producer.poll(0.1)
    producer.flush()


def send_paced(settings: Settings, kind: str, rate: int, seconds: int) -> None:
    """Append events of now, so many a second."""
    producer = Producer({**settings.librdkafka(), "linger.ms": 5, "compression.type": "lz4", "acks": 1})
    started = time.monotonic()
    for number in range(rate * seconds):
        partition, value = message(kind, number, time.time_ns() // 1_000_000)
        producer.produce(settings.kafka_topic, value, partition=partition)
        if number % 100 == 0:
            producer.poll(0)
            time.sleep(max(0.0, started + number / rate - time.monotonic()))
    producer.flush()


def message(kind: str, number: int, time_ms: int) -> tuple[int, bytes]:
    """The partition and the JSON of an event; one in 997 raises an alert, whatever the rule."""
    card = number * 7919 % (DENSE_CARDS if kind == "dense" else CARDS)
    if kind == "hot" and number % 5 == 0:
        card = 0
    value = (
        b'{"event_id":"event-%d","event_type":"transaction","event_time_ms":%d,"user_id":"user-%d",'
        b'"amount_cents":%d,"card_id":"card-%d","merchant_id":"merchant-%d","device_id":"device-%d",'
        b'"currency":"USD","merchant_category":"grocery","channel":"pos","country":"US"}'
    ) % (number, time_ms, card // 2, number * 7907 % 100_003, card, number % 997, card)
    return card // 2 % PARTITIONS, value


def consumed(settings: Settings) -> int:
    """Messages a second that two processes consume and parse, half of the partitions each."""
    with multiprocessing.Pool(2) as pool:
        parts = pool.starmap(_consume, [(settings, first) for first in (0, 1)])
    return round(sum(count for count, _ in parts) / max(seconds for _, seconds in parts))


def _consume(settings: Settings, first: int) -> tuple[int, float]:
    consumer = Consumer({**settings.librdkafka(), "group.id": "limit", "enable.auto.commit": False})
    places = [TopicPartition(settings.kafka_topic, number, 0) for number in range(first, PARTITIONS, 2)]
    total = sum(consumer.get_watermark_offsets(place, timeout=10)[1] for place in places)
    consumer.assign(places)
    started, count = time.monotonic(), 0
    while count < total:
        for message in consumer.consume(10_000, timeout=1):
            orjson.loads(message.value())
            count += 1
    consumer.close()
    return count, time.monotonic() - started


def messages(settings: Settings, topic: str) -> Iterator[tuple[bytes, int, int, int]]:
    """Value, partition, offset and the broker's stamp of every message of a topic."""
    consumer = Consumer({**settings.librdkafka(), "group.id": "latency", "enable.auto.commit": False})
    numbers = consumer.list_topics(topic, timeout=10).topics[topic].partitions
    places = [TopicPartition(topic, number, 0) for number in numbers]
    left = sum(consumer.get_watermark_offsets(place, timeout=10)[1] for place in places)
    consumer.assign(places)
    while left > 0:
        for each in consumer.consume(min(10_000, left), timeout=5):
            left -= 1
            yield each.value(), each.partition(), each.offset(), each.timestamp()[1]
    consumer.close()
