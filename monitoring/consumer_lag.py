"""How far each consumer is behind, asked of the brokers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from contract.names import LAND_GROUP
from monitoring.source import Sample, SourceError

REQUEST_SECONDS_MAX = 2.0

Positions = Mapping[int, int]
"""Partition -> offset of the next message to read."""


@dataclass(frozen=True)
class LogBounds:
    """One partition's log: ``first`` offset still kept and ``end`` offset."""

    first: int
    end: int


class TopicLags:
    """Reads log bounds and committed offsets. ``groups`` is consumer group -> its topic.

    Each group is asked through a consumer that never joins it: librdkafka's admin
    client crashes when a group's coordinator moves or is not ready.
    """

    def __init__(self, connection: Mapping[str, str], groups: Mapping[str, str]) -> None:
        limit_ms = str(int(REQUEST_SECONDS_MAX * 1000))
        client = {**connection, "socket.timeout.ms": limit_ms, "log_level": "0"}
        self._admin = AdminClient(client)
        self._groups = dict(groups)
        self._members = {
            group: Consumer({**client, "group.id": group, "enable.auto.commit": "false"}) for group in groups
        }

    def read(self) -> list[Sample]:
        """Lag of every group and length of every topic.

        Raises:
            SourceError: the brokers did not answer in time.
        """
        topics = sorted(set(self._groups.values()))
        bounds = {topic: self.bounds(topic) for topic in topics}
        samples = [
            Sample("tandem_topic_messages_total", (topic, str(partition)), log.end)
            for topic in topics
            for partition, log in bounds[topic].items()
        ]
        for group, topic in self._groups.items():
            committed = self._committed(group, topic, bounds[topic])
            samples += lag_samples(group, topic, bounds[topic], committed)
        return samples

    def bounds(self, topic: str) -> dict[int, LogBounds]:
        """First and end offset of every partition of ``topic``.

        Raises:
            SourceError: the topic is unknown or the brokers did not answer in time.
        """
        partitions = [TopicPartition(topic, number) for number in self._partitions(topic)]
        first = self._offsets(partitions, OffsetSpec.earliest())
        end = self._offsets(partitions, OffsetSpec.latest())
        return {number: LogBounds(first[number], end[number]) for number in first}

    def _partitions(self, topic: str) -> list[int]:
        try:
            metadata = self._admin.list_topics(topic, timeout=REQUEST_SECONDS_MAX).topics[topic]
        except KafkaException as error:
            raise SourceError(f"Kafka: {error.args[0].str()}") from None
        if metadata.error is not None:
            raise SourceError(f"Kafka: topic {topic}: {metadata.error.str()}")
        return sorted(metadata.partitions)

    def _offsets(self, partitions: list[TopicPartition], spec: OffsetSpec) -> dict[int, int]:
        request = dict.fromkeys(partitions, spec)
        answers = self._admin.list_offsets(request, request_timeout=REQUEST_SECONDS_MAX)
        return {asked.partition: _answer(future).offset for asked, future in answers.items()}

    def _committed(self, group: str, topic: str, partitions: Iterable[int]) -> dict[int, int]:
        asked = [TopicPartition(topic, partition) for partition in partitions]
        try:
            answers = self._members[group].committed(asked, timeout=REQUEST_SECONDS_MAX)
        except KafkaException as error:
            raise SourceError(f"Kafka: group {group}: {error.args[0].str()}") from None
        return {answer.partition: answer.offset for answer in answers if answer.offset >= 0}


def _answer(future: Future[Any]) -> Any:
    try:
        return future.result(timeout=REQUEST_SECONDS_MAX + 1)
    except KafkaException as error:
        raise SourceError(f"Kafka: {error.args[0].str()}") from None
    except TimeoutError:
        raise SourceError(f"Kafka: no answer within {REQUEST_SECONDS_MAX:g} s") from None


def lag_samples(group: str, topic: str, bounds: Mapping[int, LogBounds], at: Positions) -> list[Sample]:
    """Messages between the group's position and the end, by partition.

    No position, or one that retention has passed, counts as
    the whole backlog that is still there.
    """
    return [
        Sample(
            "kafka_consumergroup_lag",
            (group, topic, str(partition)),
            max(0, log.end - max(at.get(partition, log.first), log.first)),
        )
        for partition, log in bounds.items()
    ]


def landing_lag(topic: str, bounds: Mapping[int, LogBounds], at: Positions) -> list[Sample]:
    """The batch's lag: messages that no successful landing has read."""
    return lag_samples(LAND_GROUP, topic, bounds, at)
