"""The alert of one rule as a query over the events that fire it."""

from __future__ import annotations

from collections.abc import Mapping

from contract.events import load_contract
from contract.names import ALERTS_TOPIC, SHADOW_ALERTS_TOPIC
from flink_jobs.windowed_features import source_types
from rules.compiler import CompiledRule
from rules.dialects import FlinkDialect
from rules.feature_plan import FeaturePlan, FeatureStep

DIALECT = FlinkDialect()


def alert_sql(
    compiled: CompiledRule, plan: FeaturePlan, topic: str, candidates: str, compiled_offset: int | None
) -> str:
    """Return the query: a row per event of the view ``candidates`` that fires the rule, unless it is off.

    Where facts up to ``compiled_offset`` were compiled, a version that a later one supersedes is silent:
    the run that knows that one raises its alerts.
    """
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
        "evidence": _object(compiled.evidence("flink"), "NULL"),
        "event": _object({name: f"`{name}`" for name in _fields(rule.on)}, "ABSENT"),
        "source": _object(
            {"topic": DIALECT.text(topic), "partition": "`partition`", "offset": "`offset`"}, "NULL"
        ),
        **_seen(compiled, plan),
        "facts_offset": "`facts_offset`",
        "status": "'provisional'",
    }
    mode = compiled.mode("flink")
    topics = f"CASE {mode} WHEN 'shadow' THEN '{SHADOW_ALERTS_TOPIC}' ELSE '{ALERTS_TOPIC}' END"
    return (
        f"SELECT {alert_id} AS alert_id, "
        f"count_alert({DIALECT.text(rule.id)}, {_object(members, 'NULL')}) AS alert, "
        f"{topics} AS alert_topic\n"
        f"FROM {candidates} WHERE {compiled.condition('flink')} AND {mode} <> 'off'"
        f"{_unless_superseded(compiled, compiled_offset)}"
    )


def _unless_superseded(compiled: CompiledRule, compiled_offset: int | None) -> str:
    if compiled_offset is None:
        return ""
    from_ms = compiled.from_event_time_ms or 0
    return f" AND NOT {DIALECT.superseded(compiled.rule.id, from_ms, compiled_offset)}"


def _seen(compiled: CompiledRule, plan: FeaturePlan) -> dict[str, str]:
    """What the operator had taken in of each key that the rule's features use; a NULL key has no entry."""
    keys = {feature.key for feature in compiled.features}
    steps = [step for step in plan.steps if step.key in keys]
    if not steps:
        return {"seen": "JSON_OBJECT()"}
    return {
        "seen": _object({step.key: f"JSON(seen_offsets(`seen_{step.key}`))" for step in steps}, "ABSENT"),
        "seen_counts": _object(
            {step.key: f"JSON(seen_counts(`seen_{step.key}`))" for step in steps}, "ABSENT"
        ),
        "counted_from_ms": _object({step.key: f"`seen_{step.key}`[1]" for step in steps}, "ABSENT"),
        "held_from_ms": _object({step.key: _held_from(step) for step in steps}, "ABSENT"),
    }


def _held_from(step: FeatureStep) -> str:
    types = DIALECT.text(",".join(source_types(step)))
    return f"JSON(held_from(`expired_{step.key}`, {types}))"


def _fields(event_type: str) -> list[str]:
    return [field.name for field in load_contract().event_types[event_type].fields]


def _object(members: Mapping[str, str], on_null: str) -> str:
    pairs = ", ".join(f"KEY '{name}' VALUE {value}" for name, value in members.items())
    return f"JSON_OBJECT({pairs} {on_null} ON NULL)"
