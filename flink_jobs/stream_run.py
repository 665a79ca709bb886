"""The record of a start of the stream: what ran, from which offsets, with which rules."""

from __future__ import annotations

import hashlib
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
from rules.catalog import Rule, rules_version
from rules.feature_plan import FeaturePlan, plan_features
from storage.mongo import connect, describe

MONGO_ANSWER_MS_MAX = 2000

Run = dict[str, Any]


def record_run(
    settings: Settings, rules: Sequence[Rule], checkpoint: str | None, parallelism: int, now: datetime
) -> Run:
    """Publish the record of a run that is about to start, mirror it into MongoDB, and return it.

    MongoDB is a mirror only: when it does not answer, one line says so and the stream starts.

    Raises:
        SettingsError: the brokers do not answer, the topic of the events is absent, or the checkpoint
            cannot be read.
    """
    offsets = start_offsets(settings, checkpoint)
    record = run_record(rules, offsets, checkpoint, parallelism, now)
    _publish(settings, record)
    _mirror(settings, record)
    return record


def run_record(
    rules: Sequence[Rule],
    offsets: dict[str, int],
    checkpoint: str | None,
    parallelism: int,
    now: datetime,
) -> Run:
    """Return the document: one start of the stream job."""
    return {
        "_id": f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}",
        "started_at_ms": int(now.timestamp() * 1000),
        "start_offsets": offsets,
        "checkpoint": checkpoint,
        "rules": [{"id": rule.id, "version": rule.version} for rule in rules],
        "rules_version": rules_version(rules),
        "parallelism": parallelism,
        "max_parallelism": MAX_PARALLELISM,
        "feature_steps": feature_steps(plan_features(rules)),
        "code_version": code_version(),
    }


def feature_steps(plan: FeaturePlan) -> list[dict[str, Any]]:
    """Return the keyed steps in the order in which events go through them.

    ``state`` differs where the step's features do: such a step takes over no windows of another run.
    """
    return [
        {
            "key": step["key"],
            "features": [feature["name"] for feature in step["features"]],
            "state": hashlib.sha256(orjson.dumps(step)).hexdigest()[:12],
        }
        for step in orjson.loads(plan.as_json())
    ]


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
