"""Reading the newest part of the alerts' topic again, for a store that lost its last writes.

MongoDB keeps what it acknowledged; the embedded store writes to disk about once a second, so a kill
of it loses what it acknowledged just before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from confluent_kafka import Consumer, KafkaException, TopicPartition

from flink_jobs.alert_messages import Message

ANSWER_S_MAX = 10.0
BATCH_MESSAGES_MAX = 1000


def messages_since(
    properties: Mapping[str, str], topic: str, group: str, since_ms: int
) -> Iterator[list[Message]]:
    """Yield, in batches, the messages appended from a time on up to the end that the topic has now.

    Raises:
        KafkaException: the brokers do not answer.
    """
    consumer = Consumer({**properties, "group.id": group, "enable.auto.commit": False})
    try:
        ends = _assign(consumer, topic, since_ms)
        while ends:
            batch = consumer.consume(BATCH_MESSAGES_MAX, timeout=ANSWER_S_MAX)
            if not batch:
                raise KafkaException(f"topic {topic}: no message within {ANSWER_S_MAX} s")
            for message in batch:
                if error := message.error():
                    raise KafkaException(error)
                if message.offset() + 1 >= ends.get(message.partition(), 0):
                    ends.pop(message.partition(), None)
            yield [Message(m.value(), topic, m.partition(), m.offset()) for m in batch]
    finally:
        consumer.close()


def _assign(consumer: Consumer, topic: str, since_ms: int) -> dict[int, int]:
    """Place the consumer; return partition -> end offset of those that hold something to read."""
    numbers = consumer.list_topics(topic, timeout=ANSWER_S_MAX).topics[topic].partitions
    wanted = [TopicPartition(topic, number, since_ms) for number in numbers]
    starts, ends = [], {}
    for start in consumer.offsets_for_times(wanted, timeout=ANSWER_S_MAX):
        _, end = consumer.get_watermark_offsets(start, timeout=ANSWER_S_MAX)
        if 0 <= start.offset < end:
            starts.append(start)
            ends[start.partition] = end
    consumer.assign(starts)
    return ends
