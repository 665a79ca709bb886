"""The topics of the comparison: filled once for all contenders; one of alerts for each run."""

from __future__ import annotations

import time
from collections.abc import Iterator

import orjson
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from benchmarks.peers.events import PARTITIONS, Events
from benchmarks.peers.progress import Arrival
from contract.names import TOPIC_MESSAGE_BYTES_MAX
from contract.settings import Settings
from ingestion.delivery import producer_properties

APPEND_TIME = {"message.timestamp.type": "LogAppendTime", "max.message.bytes": str(TOPIC_MESSAGE_BYTES_MAX)}
ANSWER_S = 30.0
POLL_MESSAGES = 20_000
NOT_YET = frozenset(
    {
        KafkaError.NOT_COORDINATOR,
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
        KafkaError.NON_EMPTY_GROUP,
    }
)


class Topics:
    """The topics on one broker."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._admin = AdminClient({**settings.librdkafka(), "log_level": 0})

    def create(self, name: str, partitions: int) -> None:
        """Create a topic whose messages bear the broker's clock."""
        wanted = NewTopic(name, partitions, 1, config=APPEND_TIME)
        self._admin.create_topics([wanted])[name].result(ANSWER_S)
        while self._partitions(name) != partitions:
            time.sleep(0.1)

    def delete(self, name: str) -> None:
        """Delete a topic, and wait until it is gone."""
        self._admin.delete_topics([name])[name].result(ANSWER_S)
        while self.exists(name):
            time.sleep(0.1)

    def exists(self, name: str) -> bool:
        """Whether the broker knows the topic."""
        return self._partitions(name) > 0

    def forget_group(self, group: str) -> None:
        """Forget how far a consumer group has come; a group that is not there is forgotten already."""
        deadline = time.monotonic() + ANSWER_S
        while True:
            try:
                self._admin.delete_consumer_groups([group])[group].result(ANSWER_S)
            except KafkaException as error:
                code = error.args[0].code()
                if code == KafkaError.GROUP_ID_NOT_FOUND:
                    return
                if code not in NOT_YET or time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
            else:
                return

    def fill(self, name: str, events: Events) -> None:
        """Create a topic and send the events, each to the partition of its user."""
        self.create(name, PARTITIONS)
        producer = Producer(producer_properties(self._settings))
        for partition, key, message in events.messages():
            _send(producer, name, partition, key, message)
        if producer.flush(120):
            raise TimeoutError(f"topic {name}: not all of {len(events):,} events were acknowledged in 120 s")

    def count(self, name: str) -> int:
        """How many messages were ever written to a topic."""
        consumer = self._consumer()
        try:
            places = [TopicPartition(name, number) for number in range(self._partitions(name))]
            return sum(consumer.get_watermark_offsets(place, timeout=ANSWER_S)[1] for place in places)
        finally:
            consumer.close()

    def arrivals(self, name: str) -> list[Arrival]:
        """All alerts of a topic: the broker's clock, and the ``event_id`` that each names."""
        return [Arrival(time_ms, orjson.loads(value)["event_id"]) for time_ms, value in self.messages(name)]

    def messages(self, name: str) -> Iterator[tuple[float, bytes]]:
        """The broker's clock and the value of each message, to the topic's end as it is now."""
        left = self.count(name)
        consumer = self._consumer()
        try:
            consumer.assign(
                [TopicPartition(name, number, OFFSET_BEGINNING) for number in range(self._partitions(name))]
            )
            while left > 0:
                batch = consumer.consume(min(left, POLL_MESSAGES), timeout=1)
                left -= len(batch)
                yield from ((message.timestamp()[1], message.value()) for message in batch)
        finally:
            consumer.close()

    def _consumer(self) -> Consumer:
        options = {"group.id": "peers", "enable.auto.commit": False, "log_level": 0}
        return Consumer({**self._settings.librdkafka(), **options})

    def _partitions(self, name: str) -> int:
        found = self._admin.list_topics(timeout=ANSWER_S).topics.get(name)
        return len(found.partitions) if found is not None else 0


def _send(producer: Producer, topic: str, partition: int, key: bytes, message: bytes) -> None:
    while True:
        try:
            producer.produce(topic, message, key, partition)
        except BufferError:
            producer.poll(0.05)
        else:
            return
