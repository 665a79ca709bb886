"""Reads a whole topic."""

from __future__ import annotations

from confluent_kafka import Consumer, TopicPartition

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
        while len(found) < sum(ends.values()):
            messages = consumer.consume(5_000, timeout=10)
            assert messages, f"{len(found)} of {sum(ends.values())} messages came"
            for message in messages:
                assert message.error() is None, message.error()
                if message.offset() < ends[message.partition()]:
                    found[message.partition(), message.offset()] = (message.key(), message.value())
        return found
    finally:
        consumer.close()
