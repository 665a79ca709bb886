"""The record of a start of the stream: what ran, from which offsets, with which rules."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from confluent_kafka import Producer
from pymongo.errors import PyMongoError

from contract.code_version import code_version
from contract.names import STREAM_RUNS_COLLECTION, STREAM_RUNS_TOPIC
from contract.settings import Settings, SettingsError
from flink_jobs.environment import MAX_PARALLELISM
from flink_jobs.start_offsets import KAFKA_ANSWER_S_MAX, start_offsets
from flink_jobs.take_over import TakeOver
from rules.catalog import rules_version
from rules.compiler import CompiledRule
from rules.feature_plan import plan_features
from rules.feature_steps import feature_steps
from storage.mongo import connect, describe

MONGO_ANSWER_MS_MAX = 2000

Run = dict[str, Any]


def record_run(
    settings: Settings,
    compiled: Sequence[CompiledRule],
    facts_offset: int,
    checkpoint: str | None,
    take_over: TakeOver | None,
    parallelism: int,
    now: datetime,
) -> Run:
    """Publish the record of a run that is about to start, mirror it into MongoDB, and return it.

    MongoDB is a mirror only: when it does not answer, one line says so and the stream starts.

    Raises:
        SettingsError: the brokers do not answer, the topic of the events is absent, or the checkpoint
            cannot be read.
    """
    offsets = _named(take_over.emit_from) if take_over else start_offsets(settings, checkpoint)
    record = run_record(compiled, facts_offset, offsets, checkpoint, parallelism, now)
    if take_over:
        record["read_from_offsets"] = _named(take_over.read_from)
    _publish(settings, record)
    _mirror(settings, record)
    return record


def run_record(
    compiled: Sequence[CompiledRule],
    facts_offset: int,
    offsets: dict[str, int],
    checkpoint: str | None,
    parallelism: int,
    now: datetime,
) -> Run:
    """Return the document: one start of the stream job.

    ``start_offsets`` are the first that raise alerts; ``facts_offset`` tells which rules were compiled.
    """
    rules = [entry.rule for entry in compiled]
    return {
        "_id": f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}",
        "started_at_ms": int(now.timestamp() * 1000),
        "start_offsets": offsets,
        "checkpoint": checkpoint,
        "rules": [_dated(entry) for entry in compiled],
        "rules_version": rules_version(rules),
        "facts_offset": facts_offset,
        "parallelism": parallelism,
        "max_parallelism": MAX_PARALLELISM,
        "feature_steps": feature_steps(plan_features(rules)),
        "code_version": code_version(),
    }


def _dated(compiled: CompiledRule) -> dict[str, Any]:
    rule = compiled.rule
    dated = {
        "from_event_time_ms": compiled.from_event_time_ms,
        "until_event_time_ms": compiled.until_event_time_ms,
    }
    held = {name: moment for name, moment in dated.items() if moment is not None}
    return {"id": rule.id, "version": rule.version, **held}


def _named(offsets: dict[int, int]) -> dict[str, int]:
    return {str(partition): offset for partition, offset in offsets.items()}


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
