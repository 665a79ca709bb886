"""Literal rows for the tests of the verdicts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rules.catalog import rule_of
from rules.compiler import compile_rule
from rules.fact_history import FactHistory
from spark_jobs.reconciliation.model import Case, EvaluatedEvent, Fired, Position, StreamAlert
from spark_jobs.reconciliation.rule_book import RuleBook
from spark_jobs.reconciliation.stream_history import RanRule, StreamHistory, StreamRun

TEXT = """
id: risky_application
version: 2
on: application
when: loan_amount_cents > 1500000 AND credit_score < 450
severity: high
message: Risky transaction
"""
RULE = rule_of(TEXT, Path("risky_application.yaml"))
BOOK = RuleBook([compile_rule(RULE)], FactHistory(()))
TOPIC = "risk_events"


def position(offset: int, partition: int = 0) -> Position:
    return Position(TOPIC, partition, offset)


def event(**changes: Any) -> dict[str, Any]:
    return {
        "event_id": "a1",
        "event_type": "application",
        "event_time_ms": 1_760_000_000_000,
        "user_id": "u1",
        "credit_score": 420,
        "loan_amount_cents": 2_000_000,
        "currency": "USD",
    } | changes


def evaluated(offset: int, *, fires: bool = True, **changes: Any) -> EvaluatedEvent:
    """An event and what Spark makes of it; one that does not fire asks for little."""
    values = event(**({} if fires else {"loan_amount_cents": 100}) | changes)
    firing = {RULE.id: Fired(2, "Risky transaction")} if fires else {}
    evidence = {name: values[name] for name in RULE.evidence_fields}
    return EvaluatedEvent(values, position(offset), firing, {RULE.id: evidence})


def alert(offset: int, *, version: int = 2, of: dict[str, Any] | None = None, **changes: Any) -> StreamAlert:
    source_event = of or event()
    document = {
        "_id": "risky_application:a1",
        "rule_id": RULE.id,
        "rule_version": version,
        "severity": "high",
        "message": "Risky transaction",
        **{name: source_event[name] for name in ("event_id", "event_type", "user_id", "event_time_ms")},
        "evidence": {name: source_event[name] for name in RULE.evidence_fields},
        "event": source_event,
    } | changes
    return StreamAlert("risky_application:a1", RULE.id, version, "a1", position(offset), document)


def case(**known: Any) -> Case:
    return Case("risky_application:a1", RULE.id, "a1", **({"alert": None, "accepted": None} | known))


def run(
    start: int, *, started_at_ms: int = 0, resumed: bool = True, versions: tuple[int, ...] = (2,)
) -> StreamRun:
    return StreamRun(
        f"run-{started_at_ms}",
        started_at_ms,
        {0: start},
        resumed,
        frozenset(RanRule(RULE.id, version) for version in versions),
    )


def history(*runs: StreamRun) -> StreamHistory:
    return StreamHistory(runs or (run(0),))
