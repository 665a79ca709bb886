"""Runs of the batch jobs: one at a time per job, recorded in ``warehouse.batch_runs``.

A run holds a session advisory lock on its connection and commits its results on that same
connection, so a run whose lock is lost cannot commit, and a row that says ``running`` while
the lock is free belongs to a run that died.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from contract.code_version import code_version
from storage.job_locks import lock_name
from storage.postgres import Connection, Cursor, transaction

ERROR_TEXT_MAX = 1000


class RunError(Exception):
    """A run cannot go on; the text is one line that says why and what to do."""


class AlreadyRunningError(RunError):
    """Another run of the same job holds the lock."""


@dataclass(frozen=True)
class Counts:
    """What a run counted; ``None`` where the job does not count it."""

    rows_read: int | None = None
    rows_accepted: int | None = None
    rows_duplicate: int | None = None
    rows_quarantined: int | None = None
    quarantined_by_reason: Mapping[str, int] | None = None
    rows_written: int | None = None


@dataclass
class Run:
    """One run of a job. Nothing is recorded before :meth:`start`."""

    connection: Connection
    job: str
    previous_batch_id: str | None
    dead_batch_ids: tuple[str, ...]
    """Failed runs since the last succeeded one: what they left behind may be deleted."""
    batch_id: str = ""
    committed: bool = field(default=False, init=False)

    @property
    def token(self) -> str:
        """The run's six hex digits, for the names of its staging tables."""
        return self.batch_id.rpartition("-")[2]

    def start(
        self,
        *,
        source: str,
        target: str,
        source_id: str | None = None,
        start_offsets: Mapping[str, int] | None = None,
        end_offsets: Mapping[str, int] | None = None,
        lost_offsets: Mapping[str, tuple[int, int]] | None = None,
        policy_version: int | None = None,
        rules_version: str | None = None,
    ) -> None:
        """Record the run as running."""
        with transaction(self.connection) as cursor:
            cursor.execute("SELECT now()")
            self.batch_id = new_batch_id(self.job, _one(cursor)[0])
            row = {
                "batch_id": self.batch_id,
                "previous_batch_id": self.previous_batch_id,
                "job": self.job,
                "source": source,
                "source_id": source_id,
                "target": target,
                "status": "running",
                "start_offsets": _json(start_offsets),
                "end_offsets": _json(end_offsets),
                "lost_offsets": _json(lost_offsets),
                "policy_version": policy_version,
                "rules_version": rules_version,
                "code_version": code_version(),
            }
            names = ", ".join(row)
            marks = ", ".join(f"%({name})s" for name in row)
            cursor.execute(f"INSERT INTO warehouse.batch_runs ({names}) VALUES ({marks})", row)  # noqa: S608

    @contextmanager
    def commit(self) -> Iterator[tuple[Cursor, Result]]:
        """Give the cursor of the run's one transaction; at its end the run has succeeded.

        The caller fills ``Result.counts`` and may name the landed runs that were taken in.
        """
        result = Result()
        with transaction(self.connection) as cursor:
            yield cursor, result
            _record_inputs(cursor, self.batch_id, result.input_batch_ids)
            _record_success(cursor, self.batch_id, result.counts)
        self.committed = True


@dataclass
class Result:
    """What the transaction of a run says about it."""

    counts: Counts = Counts()
    input_batch_ids: tuple[str, ...] = ()


@contextmanager
def run(connection: Connection, job: str, *, wait: bool = False) -> Iterator[Run]:
    """Hold the lock of ``job`` and give a run of it.

    On entry, runs of the job that died are marked failed. On an error after :meth:`Run.start`
    the run is marked failed with the error's first line. A run that never starts leaves no row.

    Raises:
        AlreadyRunningError: another session holds the lock and ``wait`` is false.
    """
    _lock(connection, job, wait)
    try:
        current = _open(connection, job)
        try:
            yield current
        except BaseException as error:
            if current.batch_id and not current.committed and not connection.closed:
                connection.rollback()
                with transaction(connection) as cursor:
                    _record_failure(cursor, current.batch_id, error)
            raise
        if current.batch_id and not current.committed:
            raise RunError(f"{current.batch_id}: the run ended without committing")
    finally:
        if not connection.closed:
            _unlock(connection, job)


def new_batch_id(job: str, now: datetime) -> str:
    """Return ``<job>-<UTC yyyymmddThhmmssZ>-<6 hex digits>``; ``now`` is in UTC."""
    return f"{job}-{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def _lock(connection: Connection, job: str, wait: bool) -> None:
    with transaction(connection) as cursor:
        if wait:
            cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", (lock_name(job),))
            return
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", (lock_name(job),))
        if _one(cursor)[0]:
            return
        cursor.execute(
            "SELECT batch_id, started_at FROM warehouse.batch_runs "
            "WHERE job = %s AND status = 'running' ORDER BY run_number DESC LIMIT 1",
            (job,),
        )
        row = cursor.fetchone()
    which = f" ({row[0]}, since {row[1]:%Y-%m-%d %H:%M:%S} UTC)" if row else ""
    raise AlreadyRunningError(
        f"another run of {job} is going on{which}: wait for it, or pass --wait to queue behind it"
    )


def _unlock(connection: Connection, job: str) -> None:
    with transaction(connection) as cursor:
        cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", (lock_name(job),))


def _open(connection: Connection, job: str) -> Run:
    with transaction(connection) as cursor:
        cursor.execute(
            "UPDATE warehouse.batch_runs SET status = 'failed', finished_at = now(), "
            "error = 'the run died: its lock was free while it said running' "
            "WHERE job = %s AND status = 'running'",
            (job,),
        )
        cursor.execute(
            "SELECT batch_id, run_number FROM warehouse.batch_runs "
            "WHERE job = %s AND status = 'succeeded' ORDER BY run_number DESC LIMIT 1",
            (job,),
        )
        previous_batch_id, run_number = cursor.fetchone() or (None, 0)
        cursor.execute(
            "SELECT batch_id FROM warehouse.batch_runs "
            "WHERE job = %s AND status = 'failed' AND run_number > %s ORDER BY run_number",
            (job, run_number),
        )
        dead = tuple(batch_id for (batch_id,) in cursor.fetchall())
    return Run(connection, job, previous_batch_id, dead)


def _record_inputs(cursor: Cursor, batch_id: str, inputs: tuple[str, ...]) -> None:
    cursor.execute(
        "INSERT INTO warehouse.batch_inputs (batch_id, input_batch_id) SELECT %s, unnest(%s::text[])",
        (batch_id, list(inputs)),
    )


def _record_success(cursor: Cursor, batch_id: str, counts: Counts) -> None:
    row: dict[str, Any] = {entry.name: getattr(counts, entry.name) for entry in fields(counts)}
    row["quarantined_by_reason"] = _json(counts.quarantined_by_reason)
    assignments = ", ".join(f"{name} = %({name})s" for name in row)
    cursor.execute(
        f"UPDATE warehouse.batch_runs SET {assignments}, "  # noqa: S608
        "status = 'succeeded', finished_at = clock_timestamp() "
        "WHERE batch_id = %(batch_id)s AND status = 'running'",
        {**row, "batch_id": batch_id},
    )
    if cursor.rowcount != 1:
        raise RunError(f"{batch_id}: the run is no longer recorded as running; another one took over")


def _record_failure(cursor: Cursor, batch_id: str, error: BaseException) -> None:
    lines = str(error).strip().splitlines()
    text = f"{type(error).__name__}: {lines[0] if lines else 'no text'}"
    cursor.execute(
        "UPDATE warehouse.batch_runs SET status = 'failed', finished_at = now(), error = %s "
        "WHERE batch_id = %s AND status = 'running'",
        (text[:ERROR_TEXT_MAX], batch_id),
    )


def _json(value: Mapping[str, Any] | None) -> str | None:
    return None if value is None else json.dumps(value, sort_keys=True)


def _one(cursor: Cursor) -> tuple[Any, ...]:
    row = cursor.fetchone()
    if row is None:
        raise LookupError("expected one row, got none")
    return row
