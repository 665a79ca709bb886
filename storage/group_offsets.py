"""Committed offsets of a consumer group, also from a broker that has only just started."""

from __future__ import annotations

import time
from collections.abc import Sequence

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

PAUSE_S = 0.2
COORDINATOR_MOVES = frozenset(
    (
        KafkaError.NOT_COORDINATOR,
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    )
)
"""What a broker says of a group until it has made the topic of groups and read it."""


def committed_offsets(
    consumer: Consumer, places: Sequence[TopicPartition], timeout_s: float
) -> list[TopicPartition]:
    """Return the places with the offsets that the consumer's group has committed.

    Raises:
        KafkaException: no broker answers in time, or the group's coordinator is not ready by then.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            found: list[TopicPartition] = consumer.committed(list(places), timeout=timeout_s)
        except KafkaException as error:
            if error.args[0].code() not in COORDINATOR_MOVES or time.monotonic() > deadline:
                raise
            time.sleep(PAUSE_S)
        else:
            return found
