"""Retention by age and erasure of one user, across lake, alert store and warehouse, each with a record.

The lake goes first, then the alerts, then the warehouse in one transaction with the record's success, so
that a removal that was cut anywhere is made whole by running it again. Batch jobs wait outside: a removal
holds the locks of all of them.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from contract.code_version import code_version
from contract.settings import Settings, SettingsError
from storage.alert_removal import drop_alerts_before, erase_alerts
from storage.lake_files import Lake
from storage.postgres import Connection, Cursor, connect, require_migrated, transaction
from storage.user_rows import erase_rows, select_event_ids

JOBS = ("land_events", "score_risk", "score_fraud", "reconcile_alerts", "refresh_views")
OLD_ROWS_SQL = Path(__file__).with_name("old_rows.sql")
ERROR_TEXT_MAX = 1000

Removed = dict[str, int]


class RemovalError(Exception):
    """A removal cannot go on; the text is one line that says why and what to do."""


@dataclass(frozen=True)
class Request:
    """Who asks for a removal, and by what paper; ``reference`` never names the user."""

    requested_by: str
    reference: str | None = None


def erase_user(settings: Settings, user_id: str, request: Request) -> Removed:
    """Remove a user's data from lake, alert store and warehouse; return place to number of things.

    Raises:
        RemovalError: a batch job is running.
        SettingsError: a setting is absent, or a store does not answer.
    """

    def remove(connection: Connection) -> tuple[Removed, Callable[[Cursor], Removed]]:
        with transaction(connection) as cursor:
            known_ids = select_event_ids(cursor, user_id)
        events, lake_ids = Lake.at(settings.require("lake_uri")).erase_user(user_id)
        removed = {"lake": events, **_named("alerts", erase_alerts(settings, user_id))}
        return removed, lambda cursor: erase_rows(cursor, user_id, known_ids | lake_ids)

    return _remove(settings, "erasure", request, None, remove)


def remove_before(settings: Settings, cutoff: datetime, request: Request) -> Removed:
    """Remove what happened before ``cutoff``, a midnight in UTC; return place to number of things.

    Raises: as :func:`erase_user`.
    """

    def remove(connection: Connection) -> tuple[Removed, Callable[[Cursor], Removed]]:
        events = Lake.at(settings.require("lake_uri")).drop_days_before(cutoff.date())
        removed = {"lake": events, **_named("alerts", drop_alerts_before(settings, cutoff))}
        return removed, lambda cursor: _delete_old_rows(cursor, cutoff)

    return _remove(settings, "retention", request, cutoff, remove)


def cutoff_of(now: datetime, days: int) -> datetime:
    """Return the midnight (UTC) that lies ``days`` whole days before the day of ``now``."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=days)


def _remove(
    settings: Settings,
    kind: str,
    request: Request,
    cutoff: datetime | None,
    remove: Callable[[Connection], tuple[Removed, Callable[[Cursor], Removed]]],
) -> Removed:
    for name in ("lake_uri", "mongo_uri"):
        settings.require(name)
    with closing(connect(settings.require("postgres_dsn"), application=f"tandem-{kind}")) as connection:
        require_migrated(connection)
        with _all_jobs_locked(connection), _recorded(connection, kind, request, cutoff) as removal_id:
            removed, remove_rows = remove(connection)
            with transaction(connection) as cursor:
                _drop_staging(cursor)
                removed |= _named("warehouse", remove_rows(cursor))
                _record_success(cursor, removal_id, removed)
            with transaction(connection) as cursor:
                cursor.execute("SELECT bi.refresh_views()")
    return {place: count for place, count in removed.items() if count}


@contextmanager
def _all_jobs_locked(connection: Connection) -> Iterator[None]:
    """Hold the batch jobs' locks; they end with the connection."""
    with transaction(connection) as cursor:
        cursor.execute(
            "SELECT job FROM (SELECT unnest(%s) AS job UNION SELECT job FROM warehouse.batch_runs) AS known "
            "WHERE NOT pg_try_advisory_lock(hashtextextended('tandem:' || job, 0)) ORDER BY job",
            (list(JOBS),),
        )
        busy = [job for (job,) in cursor.fetchall()]
    if busy:
        raise RemovalError(f"a run of {', '.join(busy)} is going on: wait for it, then run this again")
    yield


@contextmanager
def _recorded(connection: Connection, kind: str, request: Request, cutoff: datetime | None) -> Iterator[str]:
    with transaction(connection) as cursor:
        cursor.execute(
            "UPDATE warehouse.removals SET status = 'failed', finished_at = now(), "
            "error = 'the command died' "
            "WHERE status = 'running'"
        )
        removal_id = f"{kind}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
        cursor.execute(
            "INSERT INTO warehouse.removals "
            "(removal_id, kind, requested_by, reference, cutoff, status, code_version) "
            "VALUES (%s, %s, %s, %s, %s, 'running', %s)",
            (removal_id, kind, request.requested_by, request.reference, cutoff, code_version()),
        )
    try:
        yield removal_id
    except BaseException as error:
        if not connection.closed:
            connection.rollback()
            with transaction(connection) as cursor:
                _record_failure(cursor, removal_id, error)
        raise


def _record_success(cursor: Cursor, removal_id: str, removed: Mapping[str, int]) -> None:
    cursor.execute(
        "UPDATE warehouse.removals SET status = 'succeeded', finished_at = clock_timestamp(), removed = %s "
        "WHERE removal_id = %s",
        (json.dumps({place: count for place, count in removed.items() if count}), removal_id),
    )


def _record_failure(cursor: Cursor, removal_id: str, error: BaseException) -> None:
    """Record the kind of the error; its text is kept where it is ours, for it could hold a value else."""
    text = str(error) if isinstance(error, SettingsError | RemovalError) else ""
    cursor.execute(
        "UPDATE warehouse.removals SET status = 'failed', finished_at = now(), error = %s "
        "WHERE removal_id = %s AND status = 'running'",
        (f"{type(error).__name__} {text}".strip()[:ERROR_TEXT_MAX], removal_id),
    )


def _delete_old_rows(cursor: Cursor, cutoff: datetime) -> Removed:
    parts = re.split(r"^-- name: (.+)$", OLD_ROWS_SQL.read_text(encoding="utf-8"), flags=re.MULTILINE)
    removed = {}
    for table, statement in zip(parts[1::2], parts[2::2], strict=True):
        cursor.execute(statement, {"cutoff": cutoff})
        removed[table] = int(cursor.rowcount)
    return removed


def _drop_staging(cursor: Cursor) -> None:
    """Drop what runs that died have staged; none runs now."""
    cursor.execute(
        "SELECT format('DROP TABLE staging.%I', tablename) FROM pg_tables WHERE schemaname = 'staging'"
    )
    for (statement,) in cursor.fetchall():
        cursor.execute(statement)


def _named(store: str, counts: Mapping[str, int]) -> Removed:
    return {f"{store}.{name}": count for name, count in counts.items()}
