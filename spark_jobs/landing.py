"""Landing: every message of a source ends as accepted, duplicate or quarantined.

Order of a run: messages are parsed once; candidates and quarantined ones are
staged; PostgreSQL decides on duplicates; the lake is written while the one transaction loads;
its commit, after both, makes the run count.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as sf

from contract.events import Reason
from contract.settings import Settings
from spark_jobs import lake, statements
from spark_jobs.file_source import read_files
from spark_jobs.portions import PORTION_MESSAGES_MAX, first_portion
from spark_jobs.progress import Progress
from spark_jobs.runs import Counts, Run, RunError, run
from spark_jobs.session import parsed_event_type
from spark_jobs.source import Messages
from spark_jobs.staging import Warehouse, analyze_staging, drop_staging
from spark_jobs.topic_source import (
    last_landed,
    plan_offsets,
    publish_progress,
    read_first_offsets,
    read_topic,
    read_topic_state,
)
from storage.postgres import Connection, transaction

JOB = "land_events"
STAGING_PREFIX = "land"
BROADCAST_ROWS_MAX = 500_000
CONFLICT_DETAIL = "event_id: another content than the first event of this id"
PLACE = ("topic", "partition", "offset")


@dataclass(frozen=True)
class Landed:
    """What a landing did; without ``batch_id`` there was nothing new."""

    batch_id: str | None
    counts: Counts


@dataclass(frozen=True)
class Landing:
    """What a landing works with."""

    spark: SparkSession
    settings: Settings
    connection: Connection
    progress: Progress

    @property
    def lake_uri(self) -> str:
        """The lake."""
        return self.settings.require("lake_uri")

    @property
    def warehouse(self) -> Warehouse:
        """The warehouse, for Spark."""
        return Warehouse.of(self.settings.batch_dsn)


def land_new(landing: Landing, *, accept_gap: bool = False, wait: bool = False) -> Iterator[Landed]:
    """Land what is on the topic by now, in runs of bounded size; give each run as it stands.

    Raises:
        RunError: another run is going on, offsets are lost, or a message is unaccounted for.
        SettingsError: a setting is wrong.
    """
    goal = read_topic_state(landing.settings).end
    landed = land_topic(landing, accept_gap=accept_gap, wait=wait, goal=goal)
    if landed.batch_id is None:
        landing.progress.say(f"nothing new on topic {landing.settings.kafka_topic}")
    while landed.batch_id is not None:
        yield landed
        landed = land_topic(landing, accept_gap=accept_gap, wait=wait, goal=goal)


def land_topic(
    landing: Landing,
    *,
    accept_gap: bool = False,
    wait: bool = False,
    goal: Mapping[int, int] | None = None,
    messages_max: int = PORTION_MESSAGES_MAX,
) -> Landed:
    """Land, in one run, what is new on the topic up to ``goal`` (partition to offset); raises as above.

    A longer backlog than ``messages_max`` is cut by append time: the rest is for the next run.
    """
    settings = landing.settings
    with run(landing.connection, JOB, wait=wait) as current:
        state = read_topic_state(settings)
        previous = last_landed(landing.connection, settings.kafka_topic)
        new = plan_offsets(settings.kafka_topic, state, previous, accept_gap=accept_gap).up_to(goal)
        if new.count == 0:
            return Landed(None, Counts(rows_read=0))
        first_offsets = partial(read_first_offsets, settings, list(new.end))
        offsets = first_portion(new, first_offsets, time.time_ns() // 1_000_000, messages_max)
        landing.progress.say(_portion(offsets.count, new.count, settings.kafka_topic))
        landed = _land(landing, current, read_topic(landing.spark, settings, state, offsets))
    publish_progress(settings, offsets)
    return landed


def _portion(count: int, new: int, topic: str) -> str:
    of_all = "" if count == new else f" of {new:,}"
    return f"{count:,}{of_all} new messages on topic {topic}"


def land_files(landing: Landing, uri: str, *, wait: bool = False) -> Landed:
    """Land files of JSON lines; raises as :func:`land_topic`."""
    with run(landing.connection, JOB, wait=wait) as current:
        messages = read_files(landing.spark, uri)
        if messages.count == 0:
            landing.progress.say(f"no line in {uri}")
            return Landed(None, Counts(rows_read=0))
        landing.progress.say(f"{messages.count:,} lines in {len(messages.end_offsets)} files of {uri}")
        return _land(landing, current, messages)


def _land(landing: Landing, current: Run, messages: Messages) -> Landed:
    drop_staging(landing.connection, STAGING_PREFIX)
    lake.delete_events(landing.spark, landing.lake_uri, current.dead_batch_ids)
    current.start(
        source=messages.source,
        target=f"{lake.normal_uri(landing.lake_uri)}/events, warehouse.accepted_events",
        source_id=messages.source_id,
        start_offsets=messages.start_offsets,
        end_offsets=messages.end_offsets,
        lost_offsets=messages.lost_offsets,
    )
    with _parsed_once(messages) as parsed:
        landing.progress.say("messages parsed")
        _stage(landing, current, parsed)
        counts = _decide(landing, current, messages)
        _commit(landing, current, parsed, counts)
    drop_staging(landing.connection, STAGING_PREFIX)
    landing.progress.say(f"landed as {current.batch_id}")
    return Landed(current.batch_id, counts)


@contextmanager
def _parsed_once(messages: Messages) -> Iterator[DataFrame]:
    """Parse each message once: the rows stay in memory, what does not fit on disk, until the block ends."""
    parsed = parse(messages.rows).localCheckpoint()
    try:
        yield parsed
    finally:
        parsed._jdf.queryExecution().analyzed().rdd().unpersist(False)


def _commit(landing: Landing, current: Run, parsed: DataFrame, counts: Counts) -> None:
    with current.commit() as (cursor, result), ThreadPoolExecutor(1) as second_thread:
        cursor.execute("SET LOCAL work_mem = '256MB'")
        loaded = second_thread.submit(
            statements.execute, cursor, "land_load", current.token, {"batch_id": current.batch_id}
        )
        _write_lake(landing, current, parsed, counts)
        loaded.result()
        result.counts = counts


def parse(messages: DataFrame) -> DataFrame:
    """Return each message with its verdict and fields: place, append time, parsed event, payload.

    ``payload`` is the masked message where it is quarantined, else NULL.

    The parser runs once a message: what a generator gives is not computed again by the
    filters behind it.
    """
    parsed = messages.select("*", sf.inline(sf.array(sf.expr("parse_event(message, append_time_ms)"))))
    payload = sf.expr("CASE WHEN reason IS NOT NULL THEN mask_card_numbers(message) END")
    return parsed.select(
        *PLACE, "append_time_ms", *parsed_event_type().fieldNames(), payload.alias("payload")
    )


def _stage(landing: Landing, current: Run, parsed: DataFrame) -> None:
    with transaction(landing.connection) as cursor:
        statements.execute(cursor, "land_stage", current.token)
    accepted = parsed.where("reason IS NULL")
    candidates = accepted.select("event_id", "event_type", "content_hash", *PLACE, "append_time_ms")
    landing.warehouse.load(candidates, f"land_candidates_{current.token}")
    landing.progress.say("candidates staged")
    quarantined = parsed.where("reason IS NOT NULL").select(
        *PLACE, "append_time_ms", "event_id", "reason", "detail", "payload"
    )
    landing.warehouse.load(quarantined, f"land_quarantined_{current.token}")
    landing.progress.say("quarantined messages staged")


def _decide(landing: Landing, current: Run, messages: Messages) -> Counts:
    analyze_staging(landing.connection, f"land_candidates_{current.token}")
    with transaction(landing.connection) as cursor:
        cursor.execute("SET LOCAL work_mem = '256MB'")
        statements.execute(cursor, "land_decide", current.token)
        cursor.execute(
            f"SELECT count(*) FROM staging.land_refused_{current.token} WHERE outcome = %s",  # noqa: S608
            (Reason.CONFLICTING_DUPLICATE,),
        )
        (conflicts,) = cursor.fetchone() or (0,)
    if conflicts:
        _stage_conflicts(landing, current, messages)
    with transaction(landing.connection) as cursor:
        statements.execute(cursor, "land_count", current.token)
        counts = _counts(cursor.fetchall())
    landing.progress.say("duplicates decided")
    if counts.rows_read != messages.count:
        raise RunError(
            f"{current.batch_id}: {messages.count:,} messages were to be read and {counts.rows_read:,} are "
            "accounted for; nothing was landed; the topic may have been compacted or written in transactions"
        )
    return counts


def _stage_conflicts(landing: Landing, current: Run, messages: Messages) -> None:
    """Quarantine the messages whose id is known with another content; their payloads are read again."""
    refused = landing.warehouse.read(landing.spark, f"land_refused_{current.token}")
    conflicts = refused.where(sf.col("outcome") == str(Reason.CONFLICTING_DUPLICATE)).select(
        *PLACE, "event_id"
    )
    rows = messages.rows.join(sf.broadcast(conflicts), list(PLACE)).select(
        *PLACE, "append_time_ms", "event_id",
        sf.lit(str(Reason.CONFLICTING_DUPLICATE)).alias("reason"), sf.lit(CONFLICT_DETAIL).alias("detail"),
        sf.expr("mask_card_numbers(message)").alias("payload"),
    )  # fmt: skip
    landing.warehouse.load(rows, f"land_quarantined_{current.token}")


def _counts(rows: list[tuple[str, str | None, int]]) -> Counts:
    by_outcome: dict[str, int] = {}
    by_reason: dict[str, int] = {}
    for outcome, reason, count in rows:
        by_outcome[outcome] = by_outcome.get(outcome, 0) + count
        if reason:
            by_reason[reason] = count
    accepted, duplicate, quarantined = (
        by_outcome.get(name, 0) for name in ("accepted", "duplicate", "quarantined")
    )
    return Counts(accepted + duplicate + quarantined, accepted, duplicate, quarantined, by_reason, accepted)


def _write_lake(landing: Landing, current: Run, parsed: DataFrame, counts: Counts) -> None:
    if not counts.rows_accepted:
        lake.ensure_folder(landing.spark, landing.lake_uri, current.batch_id)
        return
    events = parsed.where("reason IS NULL")
    not_accepted = (counts.rows_read or 0) - counts.rows_accepted
    if not_accepted:
        refused = landing.warehouse.read(landing.spark, f"land_refused_{current.token}").select(*PLACE)
        small = not_accepted <= BROADCAST_ROWS_MAX
        events = events.join(sf.broadcast(refused) if small else refused, list(PLACE), "left_anti")
    lake.write_events(events, landing.lake_uri, current.batch_id)
    landing.progress.say(f"{counts.rows_accepted:,} events written to the lake")
