"""Runs, landed messages and verdicts, asked of the warehouse.

Nothing here counts a table that grows with the events: each run left its own
counts in ``warehouse.batch_runs``, and only judged alerts, which are rare, are counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
from psycopg2 import extensions

from contract.settings import SettingsError
from monitoring.source import Sample, SourceError
from storage.postgres import connect

ANSWER_MS_MAX = 10_000
LANDED_OUTCOMES = ("accepted", "duplicate", "quarantined")
RUN_STATES = ("running", "succeeded", "failed")
UNEXPLAINED = "unexplained"

LANDED_SQL = """
SELECT coalesce(sum(rows_accepted), 0), coalesce(sum(rows_duplicate), 0), coalesce(sum(rows_quarantined), 0)
FROM warehouse.batch_runs WHERE job = 'land_events' AND status = 'succeeded'
"""
QUARANTINED_SQL = """
SELECT entry.key, sum(entry.value::bigint)
FROM warehouse.batch_runs, jsonb_each_text(quarantined_by_reason) AS entry
WHERE job = 'land_events' AND status = 'succeeded' GROUP BY 1
"""
ENDED_RUNS_SQL = (
    "SELECT job, status, count(*) FROM warehouse.batch_runs WHERE status <> 'running' GROUP BY 1, 2"
)
NEWEST_RUNS_SQL = """
SELECT DISTINCT ON (job) job, status, extract(epoch FROM coalesce(finished_at, now()) - started_at)
FROM warehouse.batch_runs ORDER BY job, run_number DESC
"""
LAST_SUCCESSES_SQL = """
SELECT DISTINCT ON (job) job, extract(epoch FROM finished_at),
       rows_read, rows_accepted, rows_duplicate, rows_quarantined
FROM warehouse.batch_runs WHERE status = 'succeeded' ORDER BY job, run_number DESC
"""
LANDED_OFFSETS_SQL = """
SELECT end_offsets FROM warehouse.batch_runs
WHERE job = 'land_events' AND status = 'succeeded' AND source = %s AND end_offsets IS NOT NULL
ORDER BY run_number DESC LIMIT 1
"""
VERDICTS_SQL = """
SELECT rule_id, verdict, coalesce(reason, 'none'), count(*)
FROM warehouse.alert_reconciliation GROUP BY 1, 2, 3
"""


class Warehouse:
    """One connection as the monitoring role, opened again after an error.

    ``setting`` is where the address came from, to name it when nothing answers.
    """

    def __init__(self, dsn: str, setting: str) -> None:
        self._dsn = dsn
        self._setting = setting
        self._connection: extensions.connection | None = None

    def read_runs(self) -> list[Sample]:
        """What the runs did: outcomes, reasons, durations, states.

        Raises:
            SourceError: PostgreSQL did not answer in time.
        """
        with self._cursor() as cursor:
            return [*_landed(cursor), *_runs(cursor), *_last_successes(cursor)]

    def read_verdicts(self) -> list[Sample]:
        """The verdicts in force by rule and reason, and how many have no explanation.

        Raises:
            SourceError: PostgreSQL did not answer in time.
        """
        with self._cursor() as cursor:
            verdicts = _rows(cursor, VERDICTS_SQL)
        unexplained = sum(count for _, _, reason, count in verdicts if reason == UNEXPLAINED)
        return [
            Sample("tandem_unexplained_alerts", (), unexplained),
            *(
                Sample("tandem_reconciled_alerts", (rule, verdict, reason), count)
                for rule, verdict, reason, count in verdicts
            ),
        ]

    def landed_offsets(self, topic: str) -> dict[int, int]:
        """Partition -> offset after the last landed message; empty before the first landing.

        Raises:
            SourceError: PostgreSQL did not answer in time.
        """
        with self._cursor() as cursor:
            cursor.execute(LANDED_OFFSETS_SQL, (f"kafka:{topic}",))
            row = cursor.fetchone()
        return {int(partition): int(offset) for partition, offset in (row[0] if row else {}).items()}

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        """Return the rows of a statement.

        Raises:
            SourceError: PostgreSQL did not answer in time.
        """
        with self._cursor() as cursor:
            return _rows(cursor, statement)

    @contextmanager
    def _cursor(self) -> Iterator[extensions.cursor]:
        try:
            if self._connection is None:
                self._connection = _connect(self._dsn, self._setting)
            with self._connection.cursor() as cursor:
                yield cursor
        except SettingsError as error:
            raise SourceError(str(error)) from None
        except psycopg2.Error as error:
            self._forget()
            raise SourceError(f"PostgreSQL: {str(error).splitlines()[0]}") from None

    def _forget(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _connect(dsn: str, setting: str) -> extensions.connection:
    connection = connect(dsn, setting=setting, application="tandem-exporter")
    connection.set_session(readonly=True, autocommit=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, false)", (str(ANSWER_MS_MAX),))
    return connection


def _rows(cursor: extensions.cursor, statement: str) -> list[tuple[Any, ...]]:
    cursor.execute(statement)
    return cursor.fetchall()


def _landed(cursor: extensions.cursor) -> Iterator[Sample]:
    (sums,) = _rows(cursor, LANDED_SQL)
    for outcome, messages in zip(LANDED_OUTCOMES, sums, strict=True):
        yield Sample("tandem_landed_messages_total", (outcome,), float(messages))
    for reason, messages in _rows(cursor, QUARANTINED_SQL):
        yield Sample("tandem_quarantined_messages_total", (reason,), float(messages))


def _runs(cursor: extensions.cursor) -> Iterator[Sample]:
    for job, status, runs in _rows(cursor, ENDED_RUNS_SQL):
        yield Sample("tandem_runs_total", (job, status), runs)
    for job, status, seconds in _rows(cursor, NEWEST_RUNS_SQL):
        yield Sample("tandem_last_run_duration_seconds", (job,), float(seconds))
        for state in RUN_STATES:
            yield Sample("tandem_last_run_status", (job, state), float(state == status))


def _last_successes(cursor: extensions.cursor) -> Iterator[Sample]:
    for job, finished_at, *rows in _rows(cursor, LAST_SUCCESSES_SQL):
        yield Sample("tandem_last_success_timestamp_seconds", (job,), float(finished_at))
        for outcome, count in zip(("read", *LANDED_OUTCOMES), rows, strict=True):
            if count is not None:
                yield Sample("tandem_last_run_rows", (job, outcome), count)
