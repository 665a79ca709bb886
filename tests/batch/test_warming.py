"""Landed events onto a topic, as a stream's windows are filled from: which, where, and in which order."""

from __future__ import annotations

import json
from contextlib import closing

import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import NewTopic

from spark_jobs.warming import fill
from tests.batch.events import good_events
from tests.batch.platform import PARTITIONS, Platform

pytestmark = pytest.mark.engines

TYPES = ("transaction", "payment")
LEFT_OUT_FROM = 70
COLUMNS = ("event_id", "event_type", "amount_cents", "card_id")
Read = tuple[int, int, dict[str, object]]
"""Partition, the offset that the message tells, and the columns of the event."""


def test_events_of_the_wanted_types_before_an_offset_keep_partition_offset_and_order(batch: Platform) -> None:
    sent = []
    for seed in (1, 2):
        sent += batch.send([(json.dumps(event).encode(), None) for event in good_events(seed, 100)])
        batch.land()
    target = f"{batch.topic}_warm"
    batch.admin.create_topics([NewTopic(target, PARTITIONS, 1)])[target].result(20)

    fill(batch.settings, target, dict.fromkeys(range(PARTITIONS), LEFT_OUT_FROM), TYPES, COLUMNS)

    expected = [
        (message.partition, message.offset, {name: event[name] for name in COLUMNS if name in event})
        for message in sorted(sent, key=lambda message: (message.partition, message.offset))
        if message.offset < LEFT_OUT_FROM
        and (event := json.loads(message.payload or b""))["event_type"] in TYPES
    ]
    found = read(batch, target)
    assert found == expected
    assert {partition for partition, _, _ in expected} == set(range(PARTITIONS))
    assert {event["event_type"] for _, _, event in found} == set(TYPES)
    assert len(expected) < sum(message.offset < LEFT_OUT_FROM for message in sent)


def read(platform: Platform, topic: str) -> list[Read]:
    """All that is on a topic, partition after partition."""
    found: list[Read] = []
    options = {**platform.settings.librdkafka(), "group.id": "look", "enable.auto.commit": False}
    with closing(Consumer(options)) as consumer:
        for partition in range(PARTITIONS):
            end = consumer.get_watermark_offsets(TopicPartition(topic, partition), 20)[1]
            consumer.assign([TopicPartition(topic, partition, 0)])
            for _ in range(end):
                message = consumer.poll(20)
                assert message is not None
                assert message.error() is None
                event = json.loads(message.value() or b"")
                found.append((partition, event.pop("offset"), event))
    return found
