"""Gathering of what a run judges: the judged events evaluated by Spark, then what their alerts still lack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg2 import sql
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as sf

from contract.names import STAGING_SCHEMA
from contract.parser import parse_message
from rules.feature_plan import FeaturePlan, plan_features
from spark_jobs.facts import with_facts
from spark_jobs.features import with_features
from spark_jobs.reconciliation.copying import copy_rows
from spark_jobs.reconciliation.evaluation import PLACE, evaluate, fields_read, fires, texts, to_events
from spark_jobs.reconciliation.focus import Times, times_of
from spark_jobs.reconciliation.judged_lake import Lake, Places, with_repeats
from spark_jobs.reconciliation.judging_range import ends_of
from spark_jobs.reconciliation.model import Position
from spark_jobs.reconciliation.proving import proof_steps, prove_requests, reach_ms
from spark_jobs.reconciliation.rule_book import Change, RuleBook
from spark_jobs.reconciliation.stream_history import StreamHistory
from spark_jobs.runs import Run
from spark_jobs.staging import Warehouse
from spark_jobs.statements import execute
from storage.postgres import transaction

FLAGS = ("is_due", "has_alert", "is_focus")
PLACES_SQL = 'SELECT DISTINCT topic, partition, "offset", batch_id FROM {}'
CONFLICTS_SQL = """
SELECT q.topic, q.partition, q."offset", q.payload, (extract(epoch FROM q.append_time) * 1000)::bigint
FROM (SELECT DISTINCT topic, partition, "offset" FROM {}) p
JOIN warehouse.data_quality_issues q USING (topic, partition, "offset")
WHERE q.reason = 'conflicting_duplicate'
"""
COUNT_SQL = """
SELECT count(*) FROM {} e CROSS JOIN LATERAL jsonb_object_keys(e.firing::jsonb) WHERE e.is_due
"""
FIRST_REQUESTED_SQL = "SELECT min(event_time_ms) FROM {}"


@dataclass(frozen=True)
class Gathered:
    """How much a run judges."""

    events_judged: int
    alerts_expected: int
    batch_ids: tuple[str, ...]


@dataclass(frozen=True)
class Gatherer:
    """Fills the staging tables of one run."""

    run: Run
    spark: SparkSession
    warehouse: Warehouse
    book: RuleBook
    history: StreamHistory

    @property
    def plan(self) -> FeaturePlan:
        """The features of every version of every rule."""
        return plan_features(entry.rule for entry in self.book.compiled)

    def gather(self, lake: Lake, topic_ends: Mapping[int, int], changes: Sequence[Change]) -> Gathered:
        """Find the alerts to judge, evaluate the events that they and the range are about, and prove.

        Args:
            lake: what has landed, and the range.
            topic_ends: partition -> where the topic of the events ends.
            changes: the events that facts speak of which the last run did not know.
        """
        self._stage_ranges(lake, topic_ends)
        new = times_of(lake.new())
        touched = self._touched(lake, new, changes)
        self._execute("reconcile_alerts", {"topic": lake.topic})
        places = [(Position(*place), batch_id) for *place, batch_id in self._select(PLACES_SQL, "places")]
        if new.count or places or touched is not None:
            self._evaluate(lake, places, new, touched)
        self._execute("reconcile_events")
        windowed = sorted({entry.rule.id for entry in self.book.compiled if entry.features})
        self._execute("reconcile_raised", {"windowed": windowed})
        conflicts = self._conflicts()
        if conflicts is not None:
            self._load(self._evaluated(conflicts), "conflicts")
        first_ms = self._select(FIRST_REQUESTED_SQL, "requests")[0][0]
        if first_ms is not None:
            self._prove(lake.landed_since(first_ms - reach_ms(self.plan)), conflicts)
        expected = self._count(COUNT_SQL, "events")
        return Gathered(new.count, expected, tuple(entry.batch_id for entry in lake.judging.landed))

    def _stage_ranges(self, lake: Lake, topic_ends: Mapping[int, int]) -> None:
        landed_ends = ends_of(lake.landed)
        ranges = (
            (partition, *lake.judging.ranges.get(partition, (0, 0)), landed_ends.get(partition, 0), end)
            for partition, end in topic_ends.items()
        )
        with transaction(self.run.connection) as cursor:
            copy_rows(cursor, self._table("ranges"), ranges)

    def _touched(self, lake: Lake, new: Times, changes: Sequence[Change]) -> DataFrame | None:
        touched = lake.touched(self.plan, new, changes)
        if touched is None:
            return None
        self._load(touched, "touched")
        return self.warehouse.read(self.spark, self._table("touched")).dropDuplicates(list(PLACE))

    def _evaluate(self, lake: Lake, places: Places, new: Times, touched: DataFrame | None) -> None:
        """Evaluate what is due and the events of the alerts; keep those that fire or have an alert.

        Only what rules read goes through the features; the whole events are fetched for those kept.
        """
        rows = lake.focus(places, self.plan, new, touched)
        narrow = rows.select(*PLACE, *FLAGS, *fields_read(self.book.compiled, self.plan))
        judged = self._with_columns(narrow).where(sf.col("is_focus"))
        kept = judged.where(sf.col("has_alert") | fires(self.book.compiled))
        self._load(evaluate(kept, self.book.compiled), "loaded")
        found = self.warehouse.read(self.spark, self._table("loaded"))
        times = times_of(found)
        if times.count:
            self._load(texts(lake.at(found.select(*PLACE).distinct(), times, places)), "texts")

    def _with_columns(self, events: DataFrame) -> DataFrame:
        featured = with_features(events, self.plan)
        return with_facts(featured, self.book.facts, self.book.compiled)

    def _evaluated(self, events: DataFrame) -> DataFrame:
        judged = self._with_columns(events)
        evaluated = evaluate(judged, self.book.compiled).drop("event_time_ms")
        return texts(judged).join(evaluated, list(PLACE))

    def _conflicts(self) -> DataFrame | None:
        """The messages at the places of alerts that were quarantined as conflicting duplicates."""
        messages = [
            (Position(topic, partition, offset), append_time_ms, event)
            for topic, partition, offset, payload, append_time_ms in self._select(CONFLICTS_SQL, "places")
            if (event := parse_message(bytes(payload), append_time_ms).values)
        ]
        return to_events(self.spark, messages) if messages else None

    def _prove(self, landed: DataFrame, conflicts: DataFrame | None) -> None:
        requests = self.warehouse.read(self.spark, self._table("requests"))
        rules = self.book.compiled
        several = {
            f"{rule.rule.id}@{rule.rule.version}" for rule in rules if self.book.has_versions(rule.rule.id)
        }
        steps = proof_steps(self.plan, rules, self.history, several)
        repeats = self.warehouse.read(self.spark, "duplicate_messages", "warehouse")
        events = with_repeats(landed, repeats, conflicts)
        self._load(prove_requests(events, requests, self.plan, steps), "proofs")

    def _load(self, rows: DataFrame, name: str) -> None:
        self.warehouse.load(rows, self._table(name))

    def _table(self, name: str) -> str:
        return f"reconcile_{name}_{self.run.token}"

    def _execute(self, name: str, parameters: dict[str, Any] | None = None) -> None:
        with transaction(self.run.connection) as cursor:
            execute(cursor, name, self.run.token, parameters)

    def _select(self, statement: str, name: str) -> list[tuple[Any, ...]]:
        with transaction(self.run.connection) as cursor:
            cursor.execute(sql.SQL(statement).format(sql.Identifier(STAGING_SCHEMA, self._table(name))))
            return cursor.fetchall()

    def _count(self, statement: str, name: str) -> int:
        return int(self._select(statement, name)[0][0])
