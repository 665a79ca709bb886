"""The topic of facts, which is the truth: read as a whole, and added to."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from contract.names import FACTS_TOPIC
from contract.settings import Settings, SettingsError
from rules.fact_history import FactHistory, RefusedFact, StoredFact
from rules.fact_messages import FactError, checked, decode_fact
from rules.facts import Fact

ANSWER_S_MAX = 20.0
MESSAGES_PER_FETCH = 10_000
FETCH_S = 0.1
PARTITION = 0
READ_GROUP = "tandem-facts"
WITHOUT_LEADER = frozenset({KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE})


def read_facts(settings: Settings) -> FactHistory:
    """Read every fact up to the end that the topic has now; what is none is kept as refused.

    Raises:
        SettingsError: the brokers do not answer, or the topic is absent.
    """
    stored, refused = [], []
    for message in _messages(settings):
        try:
            stored.append(StoredFact(message.offset(), decode_fact(message.key(), message.value())))
        except FactError as error:
            refused.append(RefusedFact(message.offset(), str(error)))
    return FactHistory(tuple(stored), tuple(refused))


def publish_facts(settings: Settings, facts: Sequence[Fact]) -> None:
    """Add facts to the topic, in order, and wait until the brokers hold all of them.

    Raises:
        FactError: a reader would refuse one; nothing is sent then.
        SettingsError: the brokers do not acknowledge; some may have been written.
    """
    encoded = [(checked(fact).fact_id, fact.encoded()) for fact in facts]
    problems: list[str] = []

    def acknowledged(error: KafkaError | None, _: Message) -> None:
        if error is not None:
            problems.append(error.str())

    options = {"enable.idempotence": True, "log_level": 0, "message.timeout.ms": int(ANSWER_S_MAX * 1000)}
    producer = Producer({**settings.librdkafka(), **options})
    for fact_id, value in encoded:
        producer.produce(FACTS_TOPIC, key=fact_id, value=value, partition=PARTITION, on_delivery=acknowledged)
        producer.poll(0)
    if producer.flush(ANSWER_S_MAX) or problems:
        raise _unanswered(settings, f"adding to {FACTS_TOPIC}", problems)


def _messages(settings: Settings) -> Iterator[Message]:
    options = {
        "group.id": READ_GROUP,
        "enable.auto.commit": False,
        "enable.partition.eof": True,
        "auto.offset.reset": "error",
        "log_level": 0,
    }
    with closing(Consumer({**settings.librdkafka(), **options})) as consumer:
        place = TopicPartition(FACTS_TOPIC, PARTITION)
        try:
            _check_topic(consumer)
            first, end = _bounds(consumer, place)
        except KafkaException as error:
            raise _unanswered(settings, f"asking for {FACTS_TOPIC}", [error.args[0].str()]) from None
        if first < end:
            consumer.assign([TopicPartition(FACTS_TOPIC, PARTITION, first)])
            yield from _up_to(consumer, settings, end)


def _up_to(consumer: Consumer, settings: Settings, end: int) -> Iterator[Message]:
    """Give the messages before ``end``, or up to the topic's end where compaction took the last ones."""
    deadline = time.monotonic() + ANSWER_S_MAX
    while True:
        for message in consumer.consume(MESSAGES_PER_FETCH, timeout=FETCH_S):
            deadline = time.monotonic() + ANSWER_S_MAX
            if message.error() is None:
                yield message
            elif message.error().code() != KafkaError._PARTITION_EOF:
                raise _unanswered(settings, f"reading {FACTS_TOPIC}", [message.error().str()])
            if message.error() is not None or message.offset() + 1 >= end:
                return
        if time.monotonic() > deadline:
            raise _unanswered(settings, f"reading {FACTS_TOPIC}", [])


def _bounds(consumer: Consumer, place: TopicPartition) -> tuple[int, int]:
    """The first offset and the one after the last; a topic that was just made has no leader for a moment."""
    deadline = time.monotonic() + ANSWER_S_MAX
    while True:
        try:
            found: tuple[int, int] = consumer.get_watermark_offsets(place, timeout=ANSWER_S_MAX)
            return found
        except KafkaException as error:
            if error.args[0].code() not in WITHOUT_LEADER or time.monotonic() > deadline:
                raise
            time.sleep(FETCH_S)


def _check_topic(consumer: Consumer) -> None:
    found = consumer.list_topics(FACTS_TOPIC, timeout=ANSWER_S_MAX).topics[FACTS_TOPIC]
    if found.error is not None:
        raise SettingsError(f"topic {FACTS_TOPIC} is not on the brokers: create it with `make up`")


def _unanswered(settings: Settings, doing: str, problems: list[str]) -> SettingsError:
    said = f": {problems[0]}" if problems else ""
    servers = settings.kafka_bootstrap_servers
    return SettingsError(f"KAFKA_BOOTSTRAP_SERVERS: no broker answers at {servers}, {doing}{said}")
