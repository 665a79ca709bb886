"""The verdicts into the alert store: only the batch's own fields of a document are ever changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pymongo import UpdateOne
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError

from storage.postgres import Connection, transaction

Document = dict[str, Any]
Status = tuple[str, str, str | None]
"""An alert's id, its verdict and the reason."""

DUPLICATE_KEY = 11000
UPDATES_PER_WRITE = 1_000

PENDING_SQL = """
SELECT batch_id FROM warehouse.reconciliation_runs WHERE statuses_written_at IS NULL ORDER BY run_number
"""
STATUSES_SQL = """
SELECT alert_id, verdict, reason FROM warehouse.alert_reconciliation
WHERE batch_id = %s AND alert_id > %s ORDER BY alert_id LIMIT %s
"""
DOCUMENTS_SQL = """
SELECT alert_id, coalesce(s.document, m.document)
FROM unnest(%s) AS wanted (alert_id)
LEFT JOIN warehouse.stream_alerts s USING (alert_id)
LEFT JOIN warehouse.missed_alerts m USING (alert_id)
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
        for statuses in _pages(connection, batch_id):
            absent = _absent(alerts, [alert_id for alert_id, *_ in statuses])
            documents = _documents(connection, absent)
            _write(alerts, [_update(status, batch_id, documents.get(status[0]) or {}) for status in statuses])
            written += len(statuses)
        with transaction(connection) as cursor:
            cursor.execute(WRITTEN_SQL, (batch_id,))
    return written


def _pages(connection: Connection, batch_id: str) -> Iterator[list[Status]]:
    """The statuses of a run in the order of their ids; between two pages no transaction is open."""
    last = ""
    while True:
        with transaction(connection) as cursor:
            cursor.execute(STATUSES_SQL, (batch_id, last, UPDATES_PER_WRITE))
            page: list[Status] = cursor.fetchall()
        if not page:
            return
        yield page
        last = page[-1][0]


def _absent(alerts: Collection[Document], alert_ids: list[str]) -> list[str]:
    found = {document["_id"] for document in alerts.find({"_id": {"$in": alert_ids}}, {"_id": True})}
    return [alert_id for alert_id in alert_ids if alert_id not in found]


def _documents(connection: Connection, alert_ids: list[str]) -> Mapping[str, Document]:
    if not alert_ids:
        return {}
    with transaction(connection) as cursor:
        cursor.execute(DOCUMENTS_SQL, (alert_ids,))
        return dict(cursor.fetchall())


def _update(status: Status, batch_id: str, document: Document) -> UpdateOne:
    """One status; where the delivery lags, the whole alert, so that its delivery finds it there."""
    alert_id, verdict, reason = status
    fields = {"status": verdict, "status_reason": reason, "batch_id": batch_id}
    alert = {name: value for name, value in document.items() if name not in {"_id", *fields}}
    on_insert = {"$setOnInsert": alert} if alert else {}
    return UpdateOne({"_id": alert_id}, {"$set": fields, **on_insert}, upsert=bool(alert))


def _write(alerts: Collection[Document], updates: Sequence[UpdateOne]) -> None:
    """Write a chunk; an upsert that the delivery overtook finds the document the second time."""
    try:
        alerts.bulk_write(updates, ordered=False)
    except BulkWriteError as error:
        failed: list[dict[str, Any]] = error.details["writeErrors"]
        if any(entry["code"] != DUPLICATE_KEY for entry in failed):
            raise
        alerts.bulk_write([updates[entry["index"]] for entry in failed], ordered=False)
