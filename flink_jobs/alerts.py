"""From accepted events to alerts: pure functions from table to table."""

from __future__ import annotations

from collections.abc import Sequence

from pyflink.table import StreamTableEnvironment, Table

from contract.events import load_contract
from rules.catalog import Rule
from rules.compiler import CompiledRule, compile_rule
from rules.dialects import FlinkDialect

DIALECT = FlinkDialect()
EVENTS_VIEW = "accepted_events"
CANDIDATES_VIEW = "candidate_events"


def alerts(environment: StreamTableEnvironment, events: Table, rules: Sequence[Rule], topic: str) -> Table:
    """Return one row per (event, rule that fires): the alert's id and the alert as JSON.

    Args:
        environment: where the views are registered.
        events: accepted events with ``partition`` and ``offset``.
        rules: at least one.
        topic: where the events were read from.
    """
    compiled = [compile_rule(rule) for rule in rules]
    environment.create_temporary_view(EVENTS_VIEW, events)
    candidates = environment.sql_query(candidates_sql(compiled))
    environment.create_temporary_view(CANDIDATES_VIEW, _computed_once(environment, candidates))
    return environment.sql_query("\nUNION ALL\n".join(alert_sql(rule, topic) for rule in compiled))


def _computed_once(environment: StreamTableEnvironment, table: Table) -> Table:
    """Fence the optimiser in: without this it pushes each rule's condition down and parses once a rule."""
    return environment.from_data_stream(environment.to_data_stream(table))


def candidates_sql(rules: Sequence[CompiledRule]) -> str:
    """Keep the few events that fire at least one rule, and stamp the time of detection once."""
    fires = "\n   OR ".join(rule.condition("flink") for rule in rules)
    return f"SELECT *, now_ms() AS detected_at_ms FROM {EVENTS_VIEW}\nWHERE {fires}"  # noqa: S608


def alert_sql(compiled: CompiledRule, topic: str) -> str:
    """Return the query of one rule over the candidates."""
    rule = compiled.rule
    alert_id = f"CONCAT({DIALECT.text(rule.id + ':')}, `event_id`)"
    members = {
        "_id": alert_id,
        "rule_id": DIALECT.text(rule.id),
        "rule_version": DIALECT.integer(rule.version),
        "severity": DIALECT.text(rule.severity),
        "message": compiled.message_sql("flink"),
        "event_id": "`event_id`",
        "event_type": "`event_type`",
        "user_id": "`user_id`",
        "event_time_ms": "`event_time_ms`",
        "detected_at_ms": "`detected_at_ms`",
        "evidence": _object({name: f"`{name}`" for name in compiled.evidence_fields}, "NULL"),
        "event": _object({name: f"`{name}`" for name in _fields(rule.on)}, "ABSENT"),
        "source": _object(
            {"topic": DIALECT.text(topic), "partition": "`partition`", "offset": "`offset`"}, "NULL"
        ),
        "seen": "JSON_OBJECT()",
        "status": "'provisional'",
    }
    return (
        f"SELECT {alert_id} AS alert_id, "
        f"count_alert({DIALECT.text(rule.id)}, {_object(members, 'NULL')}) AS alert\n"
        f"FROM {CANDIDATES_VIEW} WHERE {compiled.condition('flink')}"
    )


def _fields(event_type: str) -> list[str]:
    return [field.name for field in load_contract().event_types[event_type].fields]


def _object(members: dict[str, str], on_null: str) -> str:
    pairs = ", ".join(f"KEY '{name}' VALUE {value}" for name, value in members.items())
    return f"JSON_OBJECT({pairs} {on_null} ON NULL)"
