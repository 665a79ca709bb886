"""Reading topics by explicit offsets, from where the last run ended to where they end now."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import NamedTuple

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from contract.settings import Settings, SettingsError
from spark_jobs.reconciliation.model import Position
from spark_jobs.runs import RunError
from storage.group_offsets import committed_offsets

RECONCILE_GROUP = "tandem-reconcile-alerts"
ANSWER_SECONDS_MAX = 20.0
FETCH_SECONDS = 0.1
MESSAGES_PER_FETCH = 10_000


class TopicMessage(NamedTuple):
    """One message with its place."""

    position: Position
    value: bytes | None


def read_committed_offsets(settings: Settings, group: str, topic: str) -> dict[int, int]:
    """The offsets that a consumer group has committed, by partition; none where it never did."""
    with closing(_consumer(settings, group)) as consumer:
        places = [TopicPartition(topic, number) for number in _partitions(consumer, settings, topic)]
        committed = committed_offsets(consumer, places, ANSWER_SECONDS_MAX)
        return {place.partition: place.offset for place in committed if place.offset >= 0}


def read_end_offsets(settings: Settings, topic: str) -> dict[int, tuple[int, int]]:
    """What a topic holds: partition -> (first offset, offset after the last)."""
    with closing(_consumer(settings, RECONCILE_GROUP)) as consumer:
        return {
            number: consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=ANSWER_SECONDS_MAX)
            for number in _partitions(consumer, settings, topic)
        }


def find_unread(
    topic: str,
    held: Mapping[int, tuple[int, int]],
    read_before: Mapping[int, int],
    *,
    accept_gap: bool,
) -> dict[int, tuple[int, int]]:
    """What is left to read, from where the last run ended: partition -> (first, after the last).

    Raises:
        RunError: the topic no longer holds some of it, or ends before it.
    """
    unread: dict[int, tuple[int, int]] = {}
    for partition, (first, end) in held.items():
        start = read_before.get(partition, first)
        if not first <= start <= end:
            if not accept_gap:
                raise RunError(
                    f"gap in topic {topic}: the last run read partition {partition} up to offset {start}, "
                    f"the topic now holds {first} to {end}; go on from {first} with --accept-gap, alerts "
                    "that only the topic held will then count as missed"
                )
            start = first
        unread[partition] = start, end
    return unread


def read_messages(
    settings: Settings, topic: str, ranges: Mapping[int, tuple[int, int]]
) -> Iterator[TopicMessage]:
    """Read every message of the ranges, in the order of each partition."""
    open_ends = {number: end for number, (start, end) in ranges.items() if start < end}
    with closing(_consumer(settings, RECONCILE_GROUP)) as consumer:
        consumer.assign([TopicPartition(topic, number, ranges[number][0]) for number in open_ends])
        deadline = time.monotonic() + ANSWER_SECONDS_MAX
        while open_ends:
            for message in consumer.consume(MESSAGES_PER_FETCH, timeout=FETCH_SECONDS):
                yield from _take(message, open_ends)
                deadline = time.monotonic() + ANSWER_SECONDS_MAX
            if time.monotonic() > deadline:
                raise _unanswered(settings, f"reading {topic}")


def _take(message: Message, open_ends: dict[int, int]) -> Iterator[TopicMessage]:
    """Give the message if it lies before its partition's end, and close the partition at its end."""
    number, offset = message.partition(), message.offset()
    error = message.error()
    if error is not None and error.code() != KafkaError._PARTITION_EOF:
        raise RunError(f"topic {message.topic()}, partition {number}: {error.str()}")
    end = open_ends.get(number)
    if end is None:
        return
    if error is None and offset < end:
        yield TopicMessage(Position(message.topic(), number, offset), message.value())
    if error is not None or offset >= end - 1:
        del open_ends[number]


def _partitions(consumer: Consumer, settings: Settings, topic: str) -> list[int]:
    try:
        found = consumer.list_topics(topic, timeout=ANSWER_SECONDS_MAX).topics[topic]
    except KafkaException:
        raise _unanswered(settings, f"asking for {topic}") from None
    if found.error is not None:
        raise SettingsError(f"topic {topic} is not on the brokers; create it with `make up`")
    return sorted(found.partitions)


def _unanswered(settings: Settings, doing: str) -> SettingsError:
    servers = settings.kafka_bootstrap_servers
    return SettingsError(f"KAFKA_BOOTSTRAP_SERVERS: no broker answers at {servers}, {doing}")


def _consumer(settings: Settings, group: str) -> Consumer:
    return Consumer(
        settings.librdkafka()
        | {
            "group.id": group,
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "isolation.level": "read_committed",
            "auto.offset.reset": "error",
            "log_level": 0,
        }
    )
