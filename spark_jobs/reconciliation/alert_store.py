"""The verdicts into the alert store: only the batch's own fields of a document are ever changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from pymongo import UpdateOne
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError

from storage.postgres import Connection, transaction

Document = dict[str, Any]

DUPLICATE_KEY = 11000
UPDATES_PER_WRITE = 1_000

PENDING_SQL = """
SELECT batch_id FROM warehouse.reconciliation_runs WHERE statuses_written_at IS NULL ORDER BY run_number
"""
STATUSES_SQL = """
SELECT r.alert_id, r.verdict, r.reason, r.batch_id, coalesce(s.document, m.document)
FROM warehouse.alert_reconciliation r
LEFT JOIN warehouse.stream_alerts s USING (alert_id)
LEFT JOIN warehouse.missed_alerts m USING (alert_id)
WHERE r.batch_id = %s
"""
WRITTEN_SQL = "UPDATE warehouse.reconciliation_runs SET statuses_written_at = now() WHERE batch_id = %s"


def write_pending_statuses(connection: Connection, alerts: Collection[Document]) -> int:
    """Write the verdicts in force of every run whose statuses are not all written; give their number.

    A run that was stopped in between is written again by the next one: the same
    statuses on the same documents.
    """
    with transaction(connection) as cursor:
        cursor.execute(PENDING_SQL)
        pending = [batch_id for (batch_id,) in cursor.fetchall()]
    written = 0
    for batch_id in pending:
        updates = map(_update, _read_statuses(connection, batch_id))
        while chunk := list(islice(updates, UPDATES_PER_WRITE)):
            _write(alerts, chunk)
            written += len(chunk)
        with transaction(connection) as cursor:
            cursor.execute(WRITTEN_SQL, (batch_id,))
    return written


def _read_statuses(
    connection: Connection, batch_id: str
) -> Iterator[tuple[str, str, str | None, str, Document]]:
    with connection, connection.cursor(name="reconcile_statuses") as cursor:
        cursor.execute(STATUSES_SQL, (batch_id,))
        yield from cursor


def _update(row: tuple[str, str, str | None, str, Document]) -> UpdateOne:
    """One status; where the delivery lags, the whole alert, so that its delivery finds it there."""
    alert_id, verdict, reason, batch_id, document = row
    status = {"status": verdict, "status_reason": reason, "batch_id": batch_id}
    alert = {name: value for name, value in document.items() if name not in {"_id", *status}}
    return UpdateOne({"_id": alert_id}, {"$set": status, "$setOnInsert": alert}, upsert=True)


def _write(alerts: Collection[Document], updates: Sequence[UpdateOne]) -> None:
    """Write a chunk; an upsert that the delivery overtook finds the document the second time."""
    try:
        alerts.bulk_write(updates, ordered=False)
    except BulkWriteError as error:
        failed: list[dict[str, Any]] = error.details["writeErrors"]
        if any(entry["code"] != DUPLICATE_KEY for entry in failed):
            raise
        alerts.bulk_write([updates[entry["index"]] for entry in failed], ordered=False)
