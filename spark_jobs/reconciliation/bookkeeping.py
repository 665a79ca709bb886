"""What the warehouse keeps of earlier runs: landings, and how far reconciliation came."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from spark_jobs.reconciliation.arrivals import Arrivals
from spark_jobs.reconciliation.gathering import Gathered
from spark_jobs.reconciliation.judging_range import JudgingRange, LandedRun, Progress
from spark_jobs.reconciliation.stream_history import StreamRun
from spark_jobs.runs import Run
from spark_jobs.statements import execute
from spark_jobs.topic_source import source_name
from storage.postgres import Connection, transaction

LANDED_SQL = """
SELECT batch_id, start_offsets, end_offsets FROM warehouse.batch_runs
WHERE job = 'land_events' AND status = 'succeeded' AND source = %s ORDER BY run_number
"""
ALERT_OFFSETS_SQL = (
    "SELECT alert_topic_offsets FROM warehouse.reconciliation_runs ORDER BY run_number DESC LIMIT 1"
)
JUDGED_SQL = """
SELECT judged_offsets, facts_offset FROM warehouse.reconciliation_runs
WHERE topic = %s ORDER BY run_number DESC LIMIT 1
"""
WAITING_SQL = """
SELECT count(*) FROM warehouse.stream_alerts s LEFT JOIN warehouse.alert_reconciliation r USING (alert_id)
WHERE s.topic = %s AND s.partition = %s AND s."offset" >= %s AND r.alert_id IS NULL
"""
READ_BEFORE_SQL = """
SELECT partition, max("offset") FROM warehouse.stream_alerts
WHERE topic = %s AND detected_at_ms < %s GROUP BY partition
"""
RECORD_SQL = """
INSERT INTO warehouse.reconciliation_runs (batch_id, topic, alert_topic_offsets, judged_offsets,
    messages_read, alerts_new, alerts_repeated, messages_refused, events_judged, alerts_expected,
    alerts_waiting, facts_offset)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


def read_landed(connection: Connection, topic: str) -> list[LandedRun]:
    """The succeeded landings of a topic, the oldest first."""
    with transaction(connection) as cursor:
        cursor.execute(LANDED_SQL, (source_name(topic),))
        return [
            LandedRun(batch_id, _by_partition(start), _by_partition(end))
            for batch_id, start, end in cursor.fetchall()
        ]


def read_progress(connection: Connection, topic: str) -> Progress:
    """How far the alerts' topic was read and the events of ``topic`` judged, by runs whose verdicts stand."""
    with transaction(connection) as cursor:
        cursor.execute(ALERT_OFFSETS_SQL)
        alerts = cursor.fetchone()
        cursor.execute(JUDGED_SQL, (topic,))
        judged = cursor.fetchone()
    return Progress(
        _by_partition(alerts[0] if alerts else {}),
        _by_partition(judged[0] if judged else {}),
        judged[1] if judged else None,
    )


def read_before_starts(
    connection: Connection, topic: str, starts: Iterable[StreamRun]
) -> dict[str, dict[int, int]]:
    """Run id -> partition -> offset of the last alert that was raised before that run started."""
    read_before: dict[str, dict[int, int]] = {}
    with transaction(connection) as cursor:
        for start in starts:
            cursor.execute(READ_BEFORE_SQL, (topic, start.started_at_ms))
            read_before[start.run_id] = dict(cursor.fetchall())
    return read_before


def put_in_force(
    run: Run,
    topic: str,
    alert_offsets: Mapping[int, int],
    judging: JudgingRange,
    arrivals: Arrivals,
    gathered: Gathered,
    facts_offset: int,
) -> int:
    """Put the run's verdicts in force and record how far it came, in one transaction.

    Returns how many alerts wait for a later run.
    """
    with transaction(run.connection) as cursor:
        execute(cursor, "reconcile_store", run.token, {"batch_id": run.batch_id})
        waiting = 0
        for partition, end in judging.judged_offsets.items():
            cursor.execute(WAITING_SQL, (topic, partition, end))
            row = cursor.fetchone()
            waiting += row[0] if row else 0
        counts = (arrivals.read, arrivals.new, arrivals.repeated, len(arrivals.refused))
        offsets = (json.dumps(alert_offsets), json.dumps(judging.judged_offsets))
        figures = (gathered.events_judged, gathered.alerts_expected, waiting, facts_offset)
        cursor.execute(RECORD_SQL, (run.batch_id, topic, *offsets, *counts, *figures))
    return waiting


def _by_partition(offsets: Mapping[str, int]) -> dict[int, int]:
    return {int(partition): offset for partition, offset in offsets.items()}
