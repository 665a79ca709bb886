"""The record of a start of the stream: what ran, from which offsets, with which rules."""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from pymongo.errors import PyMongoError

from contract.code_version import code_version
from contract.names import DETECT_GROUP, STREAM_RUNS_COLLECTION, STREAM_RUNS_TOPIC
from contract.settings import Settings, SettingsError
from rules.catalog import Rule, rules_version
from storage.mongo import connect, describe

KAFKA_ANSWER_S_MAX = 15.0
MONGO_ANSWER_MS_MAX = 2000
COORDINATOR_ELSEWHERE = frozenset(
    {
        KafkaError.NOT_COORDINATOR,
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    }
)

Run = dict[str, Any]


def record_run(settings: Settings, rules: Sequence[Rule], checkpoint: str | None, now: datetime) -> Run:
    """Publish the record of a run that is about to start, mirror it into MongoDB, and return it.

    MongoDB is a mirror only: when it does not answer, one line says so and the stream starts.

    Raises:
        SettingsError: the brokers do not answer, or the topic of the events is absent.
    """
    record = run_record(rules, start_offsets(settings), checkpoint, now)
    _publish(settings, record)
    _mirror(settings, record)
    return record


def run_record(rules: Sequence[Rule], offsets: dict[str, int], checkpoint: str | None, now: datetime) -> Run:
    """Return the document: one start of the stream job."""
    return {
        "_id": f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}",
        "started_at_ms": int(now.timestamp() * 1000),
        "start_offsets": offsets,
        "checkpoint": checkpoint,
        "rules": [{"id": rule.id, "version": rule.version} for rule in rules],
        "rules_version": rules_version(rules),
        "code_version": code_version(),
    }


def start_offsets(settings: Settings) -> dict[str, int]:
    """Return partition -> first offset that a start now reads: the group's commit, else the log's start.

    Commits are made when a checkpoint completes, so they are those of the newest checkpoint too.
    """
    consumer = Consumer({**settings.librdkafka(), "group.id": DETECT_GROUP, "enable.auto.commit": False})
    try:
        return _committed_or_first(consumer, settings.kafka_topic)
    except KafkaException as error:
        servers = settings.require("kafka_bootstrap_servers")
        raise SettingsError(f"KAFKA_BOOTSTRAP_SERVERS={servers}: {error.args[0].str()}") from None
    finally:
        consumer.close()


def _committed_or_first(consumer: Consumer, topic: str) -> dict[str, int]:
    found = consumer.list_topics(topic, timeout=KAFKA_ANSWER_S_MAX).topics[topic]
    if found.error or not found.partitions:
        raise SettingsError(f"KAFKA_TOPIC={topic}: no such topic on the brokers: create it with `make up`")
    partitions = [TopicPartition(topic, number) for number in sorted(found.partitions)]
    offsets = {}
    for part in _committed(consumer, partitions):
        first, _ = consumer.get_watermark_offsets(part, timeout=KAFKA_ANSWER_S_MAX)
        offsets[str(part.partition)] = max(part.offset, first)
    return offsets


def _committed(consumer: Consumer, partitions: list[TopicPartition]) -> list[TopicPartition]:
    """Ask for the commits; a broker that has just started looks for the group's coordinator for a moment."""
    deadline = time.monotonic() + KAFKA_ANSWER_S_MAX
    while True:
        try:
            found: list[TopicPartition] = consumer.committed(partitions, timeout=KAFKA_ANSWER_S_MAX)
            return found
        except KafkaException as error:
            if error.args[0].code() not in COORDINATOR_ELSEWHERE or time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def _publish(settings: Settings, record: Run) -> None:
    producer = Producer({**settings.librdkafka(), "enable.idempotence": True})
    producer.produce(STREAM_RUNS_TOPIC, key=record["_id"], value=orjson.dumps(record))
    if producer.flush(KAFKA_ANSWER_S_MAX):
        raise SettingsError(f"topic {STREAM_RUNS_TOPIC}: the record of the run was not acknowledged")


def _mirror(settings: Settings, record: Run) -> None:
    try:
        with connect(settings, MONGO_ANSWER_MS_MAX) as client:
            runs = client[settings.mongo_database][STREAM_RUNS_COLLECTION]
            runs.replace_one({"_id": record["_id"]}, record, upsert=True)
    except PyMongoError as error:
        problem = f"MONGO_URI={describe(settings)}: {type(error).__name__}"
        sys.stderr.write(f"{problem}: run {record['_id']} is on the topic {STREAM_RUNS_TOPIC} only\n")
