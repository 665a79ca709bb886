"""One user's rows in the warehouse, and how each table gives them up.

A table with a column ``user_id`` gives up the user's rows; one without it that names an event, a
transaction or a loan gives up the rows of the user's events. What stays names nobody.
"""

from __future__ import annotations

from collections.abc import Iterable

from psycopg2 import sql

from storage.postgres import Cursor
from storage.traces import traces

EVENT_COLUMNS = ("event_id", "application_id", "transaction_id", "loan_id", "payment_id", "labelled_event_id")
KEPT = {
    "accepted_events": "the ledger of ids: without it a message read again would be taken in again",
    "alert_reconciliation": "verdicts: rule, event id and reason",
    "alert_reconciliation_history": "verdicts: rule, event id and reason",
    "duplicate_messages": "places of repeats, by event id",
    "waiting_alerts": "alert ids; those of alerts that went go with them",
    "data_quality_issues": "the place and the reason; payload and event id are emptied",
}
"""Tables whose rows stay, and why."""

_COLUMNS_SQL = """
SELECT c.table_name, array_agg(c.column_name::text ORDER BY c.ordinal_position)
FROM information_schema.columns AS c
JOIN information_schema.tables AS t USING (table_schema, table_name)
WHERE c.table_schema = 'warehouse' AND t.table_type = 'BASE TABLE'
GROUP BY c.table_name ORDER BY c.table_name
"""
_EVENT_IDS_SQL = """
SELECT application_id FROM warehouse.credit_scores WHERE user_id = %(user_id)s
UNION ALL SELECT transaction_id FROM warehouse.processed_transactions WHERE user_id = %(user_id)s
UNION ALL SELECT payment_id FROM warehouse.loan_payments WHERE user_id = %(user_id)s
UNION ALL SELECT event_id FROM warehouse.stream_alerts WHERE user_id = %(user_id)s
"""
_EMPTY_PAYLOADS_SQL = """
UPDATE warehouse.data_quality_issues SET payload = NULL, event_id = NULL
WHERE payload IS NOT NULL AND EXISTS (
    SELECT FROM unnest(%(traces)s::bytea[]) AS trace WHERE position(trace IN payload) > 0)
"""
_WAITING_SQL = """
DELETE FROM warehouse.waiting_alerts AS w
WHERE NOT EXISTS (SELECT FROM warehouse.stream_alerts AS s WHERE s.alert_id = w.alert_id)
"""
_MISSED_SQL = "DELETE FROM warehouse.missed_alerts WHERE document ->> 'user_id' = %(user_id)s"


def read_tables(cursor: Cursor) -> dict[str, list[str]]:
    """Return the tables of the warehouse with their columns."""
    cursor.execute(_COLUMNS_SQL)
    return dict(cursor.fetchall())


def select_event_ids(cursor: Cursor, user_id: str) -> set[str]:
    """Return the ids of the user's events as far as tables hold them."""
    cursor.execute(_EVENT_IDS_SQL, {"user_id": user_id})
    return {event_id for (event_id,) in cursor.fetchall()}


def erase_rows(cursor: Cursor, user_id: str, event_ids: Iterable[str]) -> dict[str, int]:
    """Delete the user's rows, empty the payloads that name the user; return table to rows touched."""
    touched = {}
    ids = sorted(event_ids)
    for table, columns in read_tables(cursor).items():
        if table in KEPT:
            continue
        if "user_id" in columns:
            touched[table] = _delete(cursor, table, "user_id", [user_id])
        else:
            for column in EVENT_COLUMNS:
                if column in columns:
                    touched[table] = touched.get(table, 0) + _delete(cursor, table, column, ids)
    cursor.execute(_MISSED_SQL, {"user_id": user_id})
    touched["missed_alerts"] = cursor.rowcount
    cursor.execute(_WAITING_SQL)
    touched["waiting_alerts"] = cursor.rowcount
    cursor.execute(_EMPTY_PAYLOADS_SQL, {"traces": list(traces(user_id))})
    touched["data_quality_issues"] = cursor.rowcount
    return {table: rows for table, rows in touched.items() if rows}


def _delete(cursor: Cursor, table: str, column: str, values: list[str]) -> int:
    statement = sql.SQL("DELETE FROM {} WHERE {} = ANY (%s)").format(
        sql.Identifier("warehouse", table), sql.Identifier(column)
    )
    cursor.execute(statement, (values,))
    return int(cursor.rowcount)
