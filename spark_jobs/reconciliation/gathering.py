"""Gathering of what a run judges: the judged events evaluated by Spark, then what their alerts still lack."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg2 import sql
from pyspark.sql import DataFrame, SparkSession

from contract.names import STAGING_SCHEMA
from contract.parser import parse_message
from rules.compiler import CompiledRule
from spark_jobs.lake import read_events
from spark_jobs.reconciliation.copying import copy_rows
from spark_jobs.reconciliation.evaluation import evaluate, having, only_firing, to_events, within
from spark_jobs.reconciliation.judging_range import JudgingRange, LandedRun
from spark_jobs.reconciliation.model import Position
from spark_jobs.runs import Run
from spark_jobs.staging import Warehouse
from spark_jobs.statements import execute
from storage.postgres import Cursor, transaction

OPEN_BATCHES_SQL = """
SELECT DISTINCT a.batch_id FROM {} o JOIN warehouse.accepted_events a USING (event_id) WHERE o.event_unknown
"""
OPEN_IDS_SQL = "SELECT DISTINCT event_id FROM {} WHERE event_unknown"
OPEN_PLACES_SQL = 'SELECT DISTINCT topic, partition, "offset" FROM {} WHERE topic IS NOT NULL'
CONFLICTS_SQL = """
SELECT q.topic, q.partition, q."offset", q.payload, (extract(epoch FROM q.append_time) * 1000)::bigint
FROM (SELECT DISTINCT topic, partition, "offset" FROM {}) o
JOIN warehouse.data_quality_issues q USING (topic, partition, "offset")
WHERE q.reason = 'conflicting_duplicate'
"""
COUNT_SQL = """
SELECT count(*) FROM {} e CROSS JOIN LATERAL jsonb_object_keys(e.firing::jsonb)
"""


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
    lake_uri: str
    topic: str
    rules: Sequence[CompiledRule]

    def gather(
        self, judging: JudgingRange, topic_ends: Mapping[int, int], landed: Sequence[LandedRun]
    ) -> Gathered:
        """Evaluate the range, find the alerts to judge, and look up what they still lack."""
        events_judged = self._evaluate_range(judging)
        with transaction(self.run.connection) as cursor:
            execute(cursor, "reconcile_events", self.run.token)
            alerts_expected = self._count_expected(cursor)
            ranges = (
                (partition, *judging.ranges.get(partition, (0, 0)), end)
                for partition, end in topic_ends.items()
            )
            copy_rows(cursor, self._table("ranges"), ranges)
            execute(cursor, "reconcile_cases", self.run.token, {"topic": self.topic})
        self._look_up_open(landed)
        return Gathered(events_judged, alerts_expected, tuple(entry.batch_id for entry in judging.landed))

    def _evaluate_range(self, judging: JudgingRange) -> int:
        if not judging.landed:
            return 0
        events = within(self._read(run.batch_id for run in judging.landed), self.topic, judging.ranges)
        self._load(evaluate(only_firing(events, self.rules), self.rules), "loaded")
        judged: int = events.count()
        return judged

    def _look_up_open(self, landed: Sequence[LandedRun]) -> None:
        """Evaluate the events of alerts that lie elsewhere: judged before, from a file, or duplicated."""
        with transaction(self.run.connection) as cursor:
            event_ids = [name for (name,) in self._select(cursor, OPEN_IDS_SQL)]
            places = [Position(*row) for row in self._select(cursor, OPEN_PLACES_SQL)]
            batch_ids = {name for (name,) in self._select(cursor, OPEN_BATCHES_SQL)}
            conflicts = self._select(cursor, CONFLICTS_SQL)
        batch_ids |= {run.batch_id for run in landed if _holds_one(run, places)}
        if batch_ids:
            self._load(
                evaluate(having(self.spark, self._read(batch_ids), event_ids, places), self.rules), "loaded"
            )
            with transaction(self.run.connection) as cursor:
                execute(cursor, "reconcile_events", self.run.token)
        messages = [
            (Position(topic, partition, offset), event)
            for topic, partition, offset, payload, append_time_ms in conflicts
            if (event := parse_message(bytes(payload), append_time_ms).values)
        ]
        if messages:
            self._load(evaluate(to_events(self.spark, messages), self.rules), "conflicts")

    def _read(self, batch_ids: Iterable[str]) -> DataFrame:
        return read_events(self.spark, self.lake_uri, sorted(batch_ids))

    def _load(self, rows: DataFrame, name: str) -> None:
        self.warehouse.load(rows, self._table(name))

    def _table(self, name: str) -> str:
        return f"reconcile_{name}_{self.run.token}"

    def _select(self, cursor: Cursor, statement: str, name: str = "open") -> list[tuple[Any, ...]]:
        cursor.execute(sql.SQL(statement).format(sql.Identifier(STAGING_SCHEMA, self._table(name))))
        return cursor.fetchall()

    def _count_expected(self, cursor: Cursor) -> int:
        return int(self._select(cursor, COUNT_SQL, "events")[0][0])


def _holds_one(run: LandedRun, places: Iterable[Position]) -> bool:
    return any(run.overlaps({place.partition: (place.offset, place.offset + 1)}) for place in places)
