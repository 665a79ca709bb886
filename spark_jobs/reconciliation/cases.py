"""What is known of each alert to judge, read from the run's staging tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from spark_jobs.reconciliation.model import Case, EvaluatedEvent, Fired, Position, StreamAlert
from spark_jobs.reconciliation.proof_texts import read_proofs
from spark_jobs.runs import Run
from spark_jobs.statements import read_statements

ROWS_PER_FETCH = 5_000


def read_cases(run: Run) -> Iterator[Case]:
    """Give every alert to judge; a bounded number is in memory at a time."""
    statement = read_statements("reconcile_known", run.token)["known"]
    with run.connection.cursor(name=f"reconcile_known_{run.token}") as cursor:
        cursor.itersize = ROWS_PER_FETCH
        cursor.execute(statement)
        for row in cursor:
            yield _case(*row)


def _case(alert_id: str, rule_id: str, event_id: str, *known: Any) -> Case:
    return Case(
        alert_id=alert_id,
        rule_id=rule_id,
        event_id=event_id,
        alert=_alert(alert_id, rule_id, event_id, *known[:5]),
        accepted=_event(*known[5:12]),
        at_source=_event(*known[12:19]),
        conflicting=_event(*known[19:26]),
        quarantine_reason=known[26],
        proofs=read_proofs(known[27]),
        judged_version=known[28],
    )


def _alert(
    alert_id: str,
    rule_id: str,
    event_id: str,
    rule_version: int,
    topic: str | None,
    partition: int,
    offset: int,
    document: str,
) -> StreamAlert | None:
    if topic is None:
        return None
    source = Position(topic, partition, offset)
    return StreamAlert(alert_id, rule_id, rule_version, event_id, source, orjson.loads(document))


def _event(
    topic: str | None,
    partition: int,
    offset: int,
    append_time_ms: int,
    event: str,
    firing: str,
    evidence: str,
) -> EvaluatedEvent | None:
    if topic is None:
        return None
    fired = {rule_id: Fired(**entry) for rule_id, entry in orjson.loads(firing).items()}
    values = {rule_id: orjson.loads(text) for rule_id, text in orjson.loads(evidence).items()}
    place = Position(topic, partition, offset)
    return EvaluatedEvent(orjson.loads(event), place, fired, values, append_time_ms)
