from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient

from monitoring.consumer_lag import LogBounds, TopicLags, lag_samples, landing_lag
from monitoring.source import Sample, SourceError

pytestmark = pytest.mark.engines


def lags(samples: list[Sample]) -> dict[tuple[str, ...], float]:
    return {sample.labels: sample.value for sample in samples if sample.name == "kafka_consumergroup_lag"}


def commit(kafka: str, group: str, topic: str, offsets: dict[int, int]) -> None:
    partitions = [TopicPartition(topic, number, offset) for number, offset in offsets.items()]
    consumer = Consumer({"bootstrap.servers": kafka, "group.id": group})
    consumer.commit(offsets=partitions, asynchronous=False)
    consumer.close()


def test_lag_is_the_end_less_the_commit_and_the_whole_backlog_without_one(
    kafka: str, make_topic: Callable[..., str]
) -> None:
    topic, group = make_topic([10, 5, 0, 4]), f"group-{uuid.uuid4().hex}"
    commit(kafka, group, topic, {0: 4, 3: 4})
    read = TopicLags({"bootstrap.servers": kafka}, {group: topic}).read()
    assert lags(read) == {
        (group, topic, "0"): 6,
        (group, topic, "1"): 5,
        (group, topic, "2"): 0,
        (group, topic, "3"): 0,
    }
    ends = {sample.labels: sample.value for sample in read if sample.name == "tandem_topic_messages_total"}
    assert ends == {(topic, "0"): 10, (topic, "1"): 5, (topic, "2"): 0, (topic, "3"): 4}


def test_a_group_that_never_committed_has_the_whole_backlog(
    kafka: str, make_topic: Callable[..., str]
) -> None:
    topic, group = make_topic([2, 3]), f"group-{uuid.uuid4().hex}"
    assert lags(TopicLags({"bootstrap.servers": kafka}, {group: topic}).read()) == {
        (group, topic, "0"): 2,
        (group, topic, "1"): 3,
    }


def test_what_retention_took_is_no_backlog(kafka: str, make_topic: Callable[..., str]) -> None:
    topic, group = make_topic([10, 10]), f"group-{uuid.uuid4().hex}"
    commit(kafka, group, topic, {0: 2})
    deleted = [TopicPartition(topic, 0, 7), TopicPartition(topic, 1, 6)]
    admin = AdminClient({"bootstrap.servers": kafka})
    for future in admin.delete_records(deleted).values():
        future.result(10)
    assert lags(TopicLags({"bootstrap.servers": kafka}, {group: topic}).read()) == {
        (group, topic, "0"): 3,
        (group, topic, "1"): 4,
    }


def test_a_missing_topic_is_named(kafka: str) -> None:
    with pytest.raises(SourceError, match="topic no_such_topic"):
        TopicLags({"bootstrap.servers": kafka}, {"g": "no_such_topic"}).read()


@pytest.mark.parametrize(("position", "lag"), [(None, 7), (3, 7), (5, 5), (10, 0), (12, 0)])
def test_lag_of_a_position(position: int | None, lag: int) -> None:
    at = {} if position is None else {0: position}
    (sample,) = lag_samples("g", "t", {0: LogBounds(3, 10)}, at)
    assert sample == Sample("kafka_consumergroup_lag", ("g", "t", "0"), lag)


def test_the_batch_has_a_lag_of_its_own() -> None:
    (sample,) = landing_lag("t", {1: LogBounds(0, 10)}, {1: 4})
    assert sample.labels == ("tandem-land-events", "t", "1")
    assert sample.value == 6
