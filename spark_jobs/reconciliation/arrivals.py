"""Alerts that arrived on their topic, into ``warehouse.stream_alerts``: the first write stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import orjson

from spark_jobs.reconciliation.alert_messages import AlertMessageError, read_alert
from spark_jobs.reconciliation.copying import copy_rows
from spark_jobs.reconciliation.model import Position, StreamAlert
from spark_jobs.reconciliation.topics import TopicMessage
from spark_jobs.runs import Run
from spark_jobs.statements import execute
from storage.postgres import Cursor, transaction

REFUSED_SQL = """
INSERT INTO warehouse.refused_alert_messages (topic, partition, "offset", detail, batch_id)
VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""


@dataclass
class Arrivals:
    """What was read of the alerts' topic: every message is new, repeated or refused."""

    read: int = 0
    new: int = 0
    refused: list[tuple[Position, str]] = field(default_factory=list)

    @property
    def repeated(self) -> int:
        """Alerts that were known before."""
        return self.read - self.new - len(self.refused)


def store_arrivals(run: Run, messages: Iterable[TopicMessage], events_topic: str) -> Arrivals:
    """Store the new alerts among the messages, and account for all of them."""
    arrivals = Arrivals()
    alerts = _read_alerts(messages, events_topic, arrivals)
    with transaction(run.connection) as cursor:
        copy_rows(cursor, f"reconcile_arrived_{run.token}", map(_row, alerts, range(2**63)))
        arrivals.new = execute(cursor, "reconcile_arrive", run.token, {"batch_id": run.batch_id})["alerts"]
        store_refused(cursor, arrivals.refused, run.batch_id)
    return arrivals


def store_refused(cursor: Cursor, refused: Iterable[tuple[Position, str]], batch_id: str) -> None:
    """Keep where a message lies that could not be read, and what was expected of it."""
    cursor.executemany(REFUSED_SQL, [(*position, detail, batch_id) for position, detail in refused])


def _read_alerts(
    messages: Iterable[TopicMessage], events_topic: str, arrivals: Arrivals
) -> Iterator[StreamAlert]:
    for message in messages:
        arrivals.read += 1
        try:
            yield read_alert(message.value, events_topic)
        except AlertMessageError as error:
            arrivals.refused.append((message.position, str(error)))


def _row(alert: StreamAlert, arrival: int) -> tuple[object, ...]:
    document = alert.document
    return (
        arrival,
        alert.alert_id,
        alert.rule_id,
        alert.rule_version,
        alert.event_id,
        document["user_id"],
        *alert.source,
        document["event_time_ms"],
        document["detected_at_ms"],
        orjson.dumps(document["evidence"]).decode(),
        orjson.dumps(document["seen"]).decode(),
        orjson.dumps(document).decode(),
    )
