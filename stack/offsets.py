"""Places on a topic: where it ends, and how far a consumer group has come."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import orjson
from confluent_kafka import OFFSET_INVALID, Consumer, KafkaException, TopicPartition

from contract.settings import Settings
from stack.errors import StackError
from stack.processes import pause
from storage.group_offsets import committed_offsets

Offsets = dict[int, int]
ANSWER_S = 15.0


class TopicReader:
    """Reads and commits offsets, and reads messages, without joining a group."""

    def __init__(self, settings: Settings, group: str = "tandem-stack") -> None:
        options = {"group.id": group, "enable.auto.commit": False, "log_level": 0}
        self._consumer = Consumer({**settings.librdkafka(), **options})

    def close(self) -> None:
        """Disconnect."""
        self._consumer.close()

    def ends(self, topic: str) -> Offsets:
        """Partition -> offset after the last message."""
        return {
            number: self._consumer.get_watermark_offsets(TopicPartition(topic, number), ANSWER_S)[1]
            for number in self._partitions(topic)
        }

    def committed(self, topic: str) -> Offsets:
        """Partition -> the group's committed offset, 0 where there is none."""
        wanted = [TopicPartition(topic, number) for number in self._partitions(topic)]
        found = committed_offsets(self._consumer, wanted, ANSWER_S)
        return {part.partition: 0 if part.offset == OFFSET_INVALID else part.offset for part in found}

    def commit(self, topic: str, offsets: Offsets) -> None:
        """Commit them for the group.

        Raises:
            StackError: the brokers refuse.
        """
        places = [TopicPartition(topic, number, offset) for number, offset in offsets.items()]
        try:
            self._consumer.commit(offsets=places, asynchronous=False)
        except KafkaException as error:
            raise StackError(f"offsets of {topic} were not committed: {error.args[0].str()}") from None

    def messages(self, topic: str, start: Offsets, end: Offsets) -> Iterator[dict[str, Any]]:
        """The JSON messages from `start` on, up to before `end`."""
        for number, last in end.items():
            first = start.get(number, 0)
            self._consumer.assign([TopicPartition(topic, number, first)])
            while first < last:
                message = self._consumer.poll(ANSWER_S)
                if message is None or message.error():
                    raise StackError(f"topic {topic}, partition {number}: no message at offset {first}")
                first = message.offset() + 1
                yield orjson.loads(message.value())
        self._consumer.unassign()

    def _partitions(self, topic: str) -> list[int]:
        return sorted(self._consumer.list_topics(topic, timeout=ANSWER_S).topics[topic].partitions)


def wait_until_consumed(
    settings: Settings, group: str, topic: str, timeout_s: float, is_kept: Callable[[Offsets], bool]
) -> None:
    """Wait until a job's group has committed all that is on a topic now.

    Flink's reader writes a commit when its next messages come, or ten seconds later: what a checkpoint holds
    is committed here in its place.

    Args:
        settings: how to reach the brokers.
        group: whose commits count.
        topic: that it reads.
        timeout_s: how long at most.
        is_kept: whether a checkpoint of the job holds all before some offsets; asked between two looks.

    Raises:
        StackError: it did not get there in time; with how far it is.
    """
    with closing(TopicReader(settings, group)) as reader:
        ends = reader.ends(topic)
        deadline = time.monotonic() + timeout_s
        while True:
            committed = reader.committed(topic)
            behind = {number: end for number, end in ends.items() if committed[number] < end}
            if not behind:
                return
            if time.monotonic() > deadline:
                left = sum(end - committed[number] for number, end in behind.items())
                raise StackError(f"{group} has {left:,} messages of {topic} left after {timeout_s:.0f} s")
            if is_kept(behind):
                reader.commit(topic, behind)
            else:
                pause(0.2)
