"""Reads a whole topic."""

from __future__ import annotations

import time

from confluent_kafka import Consumer, KafkaException, TopicPartition

Place = tuple[int, int]


def read_topic(servers: str, topic: str) -> dict[Place, tuple[bytes, bytes | None]]:
    """(partition, offset) to (key, value) of every message that is there now."""
    consumer = Consumer({"bootstrap.servers": servers, "group.id": "test", "enable.auto.commit": False})
    try:
        partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
        ends = {
            p: consumer.get_watermark_offsets(TopicPartition(topic, p), timeout=10)[1] for p in partitions
        }
        consumer.assign([TopicPartition(topic, p, 0) for p in partitions])
        found: dict[Place, tuple[bytes, bytes | None]] = {}
        deadline = time.monotonic() + 30
        while len(found) < sum(ends.values()):
            assert time.monotonic() < deadline, f"{len(found)} of {sum(ends.values())} messages came"
            for message in consumer.consume(5_000, timeout=0.3):
                assert message.error() is None, message.error()
                if message.offset() < ends[message.partition()]:
                    found[message.partition(), message.offset()] = (message.key(), message.value())
        return found
    finally:
        consumer.close()


def message_count(servers: str, topic: str) -> int:
    """How many messages are there now."""
    consumer = Consumer({"bootstrap.servers": servers, "group.id": "count"})
    try:
        places = consumer.list_topics(topic, timeout=10).topics[topic].partitions
        return sum(consumer.get_watermark_offsets(TopicPartition(topic, p), timeout=10)[1] for p in places)
    finally:
        consumer.close()


def wait_until_served(servers: str, topic: str, partitions: int) -> None:
    """Return when every partition of a new topic has a leader that answers."""
    deadline = time.monotonic() + 30
    consumer = Consumer({"bootstrap.servers": servers, "group.id": "wait"})
    try:
        for partition in range(partitions):
            while not _answers(consumer, TopicPartition(topic, partition)):
                assert time.monotonic() < deadline, f"{topic} was not served within 30 s"
                time.sleep(0.1)
    finally:
        consumer.close()


def _answers(consumer: Consumer, place: TopicPartition) -> bool:
    try:
        consumer.get_watermark_offsets(place, timeout=5)
    except KafkaException:
        return False
    return True
