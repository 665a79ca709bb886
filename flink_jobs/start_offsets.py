"""Where on the topic of events a start of the stream begins to read."""

from __future__ import annotations

from confluent_kafka import Consumer, KafkaException, TopicPartition
from py4j.protocol import Py4JJavaError
from pyflink.java_gateway import get_gateway

from contract.names import DETECT_GROUP
from contract.settings import Settings, SettingsError
from storage.group_offsets import committed_offsets

KAFKA_ANSWER_S_MAX = 15.0


def start_offsets(settings: Settings, checkpoint: str | None) -> dict[str, int]:
    """Return partition -> first offset that a start now reads.

    That is what the checkpoint holds; for a partition that it does not know, the group's commit, else
    the log's start.

    Raises:
        SettingsError: the brokers do not answer, the topic is absent, or the checkpoint is unreadable.
    """
    consumer = Consumer({**settings.librdkafka(), "group.id": DETECT_GROUP, "enable.auto.commit": False})
    try:
        offsets = _committed_or_first(consumer, settings.kafka_topic)
    except KafkaException as error:
        servers = settings.require("kafka_bootstrap_servers")
        raise SettingsError(f"KAFKA_BOOTSTRAP_SERVERS={servers}: {error.args[0].str()}") from None
    finally:
        consumer.close()
    kept = checkpoint_offsets(checkpoint, settings.kafka_topic)
    return offsets | {str(partition): offset for partition, offset in kept.items()}


def checkpoint_offsets(checkpoint: str | None, topic: str) -> dict[int, int]:
    """Return partition -> next offset, as the source kept it in a checkpoint; empty without one.

    A partition that the source had not read from yet is left out: it holds a mark there, below zero.
    """
    if checkpoint is None:
        return {}
    try:
        kept = get_gateway().jvm.dev.tandem.flink.CheckpointOffsets.of(checkpoint, topic)
    except Py4JJavaError as error:
        raise SettingsError(f"checkpoint {checkpoint}: {error.java_exception.getMessage()}") from None
    return {int(partition): int(offset) for partition, offset in dict(kept).items() if int(offset) >= 0}


def _committed_or_first(consumer: Consumer, topic: str) -> dict[str, int]:
    found = consumer.list_topics(topic, timeout=KAFKA_ANSWER_S_MAX).topics[topic]
    if found.error or not found.partitions:
        raise SettingsError(f"KAFKA_TOPIC={topic}: no such topic on the brokers: create it with `make up`")
    partitions = [TopicPartition(topic, number) for number in sorted(found.partitions)]
    offsets = {}
    for part in committed_offsets(consumer, partitions, KAFKA_ANSWER_S_MAX):
        first, _ = consumer.get_watermark_offsets(part, timeout=KAFKA_ANSWER_S_MAX)
        offsets[str(part.partition)] = max(part.offset, first)
    return offsets
