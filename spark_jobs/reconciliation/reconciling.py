"""One reconciliation: read the alerts, evaluate the events, judge, put in force, tell the alert store."""

from __future__ import annotations

from dataclasses import dataclass

import orjson
from pymongo.collection import Collection
from pymongo.errors import ConnectionFailure, PyMongoError
from pyspark.sql import SparkSession

from contract.names import ALERTS_COLLECTION, ALERTS_TOPIC, DETECT_GROUP, STREAM_RUNS_TOPIC
from contract.settings import Settings, SettingsError
from rules.catalog import rules_version
from spark_jobs.progress import Progress as Lines
from spark_jobs.reconciliation.alert_store import Document, write_pending_statuses
from spark_jobs.reconciliation.arrivals import Arrivals, store_arrivals, store_refused
from spark_jobs.reconciliation.bookkeeping import (
    put_in_force,
    read_before_starts,
    read_landed,
    read_progress,
)
from spark_jobs.reconciliation.gathering import Gathered, Gatherer
from spark_jobs.reconciliation.judged_lake import Lake
from spark_jobs.reconciliation.judging_range import find_judging_range
from spark_jobs.reconciliation.model import Position
from spark_jobs.reconciliation.rule_book import RuleBook
from spark_jobs.reconciliation.stream_history import StreamHistory, StreamRun, StreamRunError, read_stream_run
from spark_jobs.reconciliation.topics import (
    find_unread,
    read_committed_offsets,
    read_end_offsets,
    read_messages,
)
from spark_jobs.reconciliation.verdicts import Tally, judge_cases
from spark_jobs.runs import Counts, Run, RunError, run
from spark_jobs.staging import Warehouse, drop_staging
from spark_jobs.statements import execute
from spark_jobs.topic_source import source_name
from storage import mongo
from storage.postgres import Connection, transaction

JOB = "reconcile_alerts"
STORE_ANSWER_MS_MAX = 30_000
STATUSES_STAND = "the verdicts stand in the warehouse, the next run writes them to the alert store"


class UnexplainedError(RunError):
    """Stream and batch differ and nothing recorded tells why; the text names the first alerts."""


@dataclass(frozen=True)
class Reconciled:
    """What a run found."""

    arrivals: Arrivals
    gathered: Gathered
    tally: Tally
    waiting: int


@dataclass(frozen=True)
class StreamNames:
    """Where the stream leaves its marks."""

    alerts_topic: str = ALERTS_TOPIC
    runs_topic: str = STREAM_RUNS_TOPIC
    detect_group: str = DETECT_GROUP


@dataclass(frozen=True)
class Reconciliation:
    """All that a run works with."""

    settings: Settings
    connection: Connection
    spark: SparkSession
    book: RuleBook
    lines: Lines
    stream: StreamNames = StreamNames()

    def reconcile(self, *, now_ms: int, accept_gap: bool = False, wait: bool = False) -> Reconciled:
        """Judge what is due, put the verdicts in force, and write the statuses.

        Raises:
            UnexplainedError: a verdict has no explanation; the verdicts stand all the same.
            RunError: alerts are gone from their topic, or another run is going on.
        """
        with run(self.connection, JOB, wait=wait) as current:
            drop_staging(self.connection, "reconcile")
            reconciled = self._judge(current, now_ms, accept_gap)
            self._write_statuses()
            drop_staging(self.connection, "reconcile")
            if reconciled.tally.unexplained_count:
                raise UnexplainedError(_name_unexplained(reconciled.tally))
            with current.commit() as (_, result):
                result.counts = Counts(rows_written=sum(reconciled.tally.counts.values()))
                result.input_batch_ids = reconciled.gathered.batch_ids
            return reconciled

    def _judge(self, current: Run, now_ms: int, accept_gap: bool) -> Reconciled:
        topic = self.settings.kafka_topic
        progress = read_progress(self.connection, topic)
        committed = read_committed_offsets(self.settings, self.stream.detect_group, topic)
        alerts_topic = self.stream.alerts_topic
        held = read_end_offsets(self.settings, alerts_topic)
        unread = find_unread(alerts_topic, held, progress.alert_topic_offsets, accept_gap=accept_gap)
        current.start(
            source=source_name(alerts_topic),
            target="warehouse.alert_reconciliation",
            start_offsets={str(partition): start for partition, (start, _) in unread.items()},
            end_offsets={str(partition): end for partition, (_, end) in unread.items()},
            rules_version=rules_version(entry.rule for entry in self.book.compiled),
        )
        with transaction(self.connection) as cursor:
            execute(cursor, "reconcile_stage", current.token)
        arrivals = store_arrivals(current, read_messages(self.settings, alerts_topic, unread), topic)
        self.lines.say(f"{arrivals.read:,} messages of {alerts_topic} read")
        topic_ends = {number: end for number, (_, end) in read_end_offsets(self.settings, topic).items()}
        landed = read_landed(self.connection, topic)
        judging = find_judging_range(progress, landed, committed)
        history = self._read_history(current)
        lake = Lake(self.spark, self.settings.require("lake_uri"), topic, judging, landed)
        changes = self.book.changes_after(progress.facts_offset)
        gathered = self._gatherer(current, history).gather(lake, topic_ends, changes)
        self.lines.say(f"{gathered.events_judged:,} events evaluated")
        tally = judge_cases(current, self.book, history, now_ms)
        ends = {partition: end for partition, (_, end) in unread.items()}
        known = self.book.facts.last_offset
        waiting = put_in_force(current, topic, ends, judging, arrivals, gathered, known)
        return Reconciled(arrivals, gathered, tally, waiting)

    def _gatherer(self, current: Run, history: StreamHistory) -> Gatherer:
        return Gatherer(
            run=current,
            spark=self.spark,
            warehouse=Warehouse.of(self.settings.batch_dsn),
            book=self.book,
            history=history,
        )

    def _read_history(self, current: Run) -> StreamHistory:
        """Read every start of the stream job; a message that tells none is recorded as refused."""
        runs: list[StreamRun] = []
        refused: list[tuple[Position, str]] = []
        runs_topic = self.stream.runs_topic
        held = read_end_offsets(self.settings, runs_topic)
        for message in read_messages(self.settings, runs_topic, held):
            try:
                runs.append(read_stream_run(orjson.loads(message.value or b"")))
            except (orjson.JSONDecodeError, StreamRunError) as error:
                refused.append((message.position, str(error)))
        with transaction(self.connection) as cursor:
            store_refused(cursor, refused, current.batch_id)
        read_before = read_before_starts(
            self.connection, self.settings.kafka_topic, [entry for entry in runs if not entry.resumed]
        )
        return StreamHistory(runs, read_before)

    def _write_statuses(self) -> None:
        with mongo.connect(self.settings, STORE_ANSWER_MS_MAX) as client:
            alerts: Collection[Document] = client[self.settings.mongo_database][ALERTS_COLLECTION]
            try:
                written = write_pending_statuses(self.connection, alerts)
            except ConnectionFailure as error:
                problem = f"{mongo.describe(self.settings)} ({type(error).__name__})"
                raise SettingsError(f"MONGO_URI: {problem}; {STATUSES_STAND}") from None
            except PyMongoError as error:
                raise RunError(f"the alert store refused: {type(error).__name__}; {STATUSES_STAND}") from None
        self.lines.say(f"{written:,} statuses written")


def _name_unexplained(tally: Tally) -> str:
    named = "; ".join(f"{alert_id} {detail}" for alert_id, detail in tally.unexplained)
    more = tally.unexplained_count - len(tally.unexplained)
    return (
        f"{tally.unexplained_count} differences between stream and batch are unexplained: {named}"
        + (f"; and {more} more" if more else "")
        + "; see warehouse.alert_reconciliation where reason = 'unexplained'"
    )
