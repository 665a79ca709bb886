"""The rules as reconciliation asks for them: which version is in force when, and what it gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rules.compiler import CompiledRule
from rules.expressions import FeatureValue, FieldValue, Named, RiskLevelValue, mode_column
from rules.fact_history import FactHistory
from rules.interpreter import fires

Columns = Mapping[str, Any]


class RuleBook:
    """Every version of every rule that is in force for some event time, and the facts about them."""

    def __init__(self, compiled: Iterable[CompiledRule], facts: FactHistory) -> None:
        self.compiled = tuple(compiled)
        self.facts = facts
        self._by_id: dict[str, list[CompiledRule]] = {}
        for rule in self.compiled:
            self._by_id.setdefault(rule.rule.id, []).append(rule)

    def in_force(self, rule_id: str, event_time_ms: int) -> CompiledRule | None:
        """The version of a rule for an event time; None where there is none."""
        return next(
            (rule for rule in self._by_id.get(rule_id, ()) if _is_in_force(rule, event_time_ms)), None
        )

    def version(self, rule_id: str, version: int) -> CompiledRule | None:
        """A version of a rule; None where its text is not known."""
        return next((rule for rule in self._by_id.get(rule_id, ()) if rule.rule.version == version), None)

    def has_versions(self, rule_id: str) -> bool:
        """Whether a rule has more than one version."""
        return len({rule.rule.version for rule in self._by_id.get(rule_id, ())}) > 1

    def said_columns(self, rule: CompiledRule, event: Columns, facts_offset: int | None) -> dict[str, Any]:
        """Parameters, answers about lists and the mode, as facts up to an offset say (None: all)."""
        time_ms = event["event_time_ms"]
        columns: dict[str, Any] = {
            value.column: self.facts.value(value, time_ms, facts_offset) for value in rule.parameters
        }
        for listed in rule.listed:
            text = event.get(listed.operand.name)
            columns[listed.column] = (
                None if text is None else self.facts.listed(listed.list, text, time_ms, facts_offset)
            )
        if rule.reads_risk_level:
            level = self.facts.risk_level(event["user_id"], time_ms, facts_offset)
            columns[RiskLevelValue().column] = level
        columns[mode_column(rule.rule.id)] = self.facts.mode(rule.rule.id, time_ms, facts_offset)
        return columns

    def fact_offsets(self, rule: CompiledRule, event: Columns) -> list[int]:
        """Offsets before each fact that was said of the rule after an event's time, the newest first."""
        subjects = [
            ("rule_mode", rule.rule.id),
            *(("parameter", value.rule_id, value.name) for value in rule.parameters),
            *(("list_entry", listed.list, str(event.get(listed.operand.name))) for listed in rule.listed),
            *([("user_risk_level", event["user_id"])] if rule.reads_risk_level else []),
        ]
        late = (
            stored.offset - 1
            for subject in subjects
            for stored in self.facts.of(subject)
            if stored.fact.changed_at_ms >= event["event_time_ms"]
        )
        return sorted(set(late), reverse=True)


def is_raised(rule: CompiledRule, columns: Columns) -> bool:
    """Whether the rule raises an alert on fields, features and facts, by the plain interpreter."""
    is_on = columns[mode_column(rule.rule.id)] == "on"
    return is_on and columns.get("event_type") == rule.rule.on and fires(rule.rule.condition, columns)


def evidence_of(rule: CompiledRule, columns: Columns) -> dict[str, Any]:
    """The values that the rule reads, by the names that it gives them."""
    return {value.name: columns.get(_column(value)) for value in rule.rule.evidence_values}


def feature_columns(rule: CompiledRule, evidence: Columns) -> dict[str, Any]:
    """The features among the evidence, by their columns."""
    values = (value for value in rule.rule.evidence_values if isinstance(value, FeatureValue))
    return {value.column: evidence.get(value.name) for value in values}


def message_of(rule: CompiledRule, columns: Columns) -> str:
    """The message of the alert; NULL reads ``null``."""
    parts = rule.rule.message_parts
    return "".join(part if isinstance(part, str) else _as_text(columns.get(_column(part))) for part in parts)


def _as_text(value: Any) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _column(value: Named) -> str:
    return value.name if isinstance(value, FieldValue) else value.column


def _is_in_force(rule: CompiledRule, event_time_ms: int) -> bool:
    from_ms, until_ms = rule.from_event_time_ms, rule.until_event_time_ms
    return (from_ms is None or from_ms <= event_time_ms) and (until_ms is None or event_time_ms < until_ms)
