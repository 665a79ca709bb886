"""Rows of the warehouse as the batch jobs leave them."""

from __future__ import annotations

import json
from typing import Any

from psycopg2 import extensions

RUN = {"source": "kafka:risk_events", "target": "lake", "code_version": "test", "status": "succeeded"}


def add_run(owner: extensions.connection, **columns: Any) -> None:
    """One run that took `seconds` and ended `age` seconds ago."""
    seconds, age = columns.pop("seconds", 10), columns.pop("age", 0)
    row = {**RUN, **columns}
    names = [*row, "started_at", "finished_at"]
    finished = "NULL" if row["status"] == "running" else f"now() - interval '{age} s'"
    values = [json.dumps(value) if isinstance(value, dict) else value for value in row.values()]
    with owner.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO warehouse.batch_runs ({', '.join(names)}) VALUES "
            f"({', '.join(['%s'] * len(values))}, now() - interval '{age + seconds} s', {finished})",
            values,
        )


def landed(
    read: int, duplicate: int, reasons: dict[str, int], offsets: dict[str, int] | None = None
) -> dict[str, Any]:
    quarantined = sum(reasons.values())
    return {
        "job": "land_events",
        "rows_read": read,
        "rows_accepted": read - duplicate - quarantined,
        "rows_duplicate": duplicate,
        "rows_quarantined": quarantined,
        "quarantined_by_reason": reasons,
        "end_offsets": offsets or {"0": read},
    }


def add_verdict(
    owner: extensions.connection, alert_id: str, verdict: str, reason: str | None, batch_id: str
) -> None:
    """One judged alert, `<rule>:<event>`."""
    rule, _, event = alert_id.partition(":")
    with owner.cursor() as cursor:
        cursor.execute(
            "INSERT INTO warehouse.alert_reconciliation"
            " (alert_id, rule_id, event_id, verdict, reason, batch_id) VALUES (%s, %s, %s, %s, %s, %s)",
            (alert_id, rule, event, verdict, reason, batch_id),
        )
