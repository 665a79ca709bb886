"""The rules as reconciliation asks for them: which version is in force when, and what it gives."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rules.compiler import CompiledRule
from rules.expressions import FeatureValue, FieldValue, Named, RiskLevelValue, mode_column
from rules.fact_history import FactHistory
from rules.facts import Fact, ListEntry, UserRiskLevel
from rules.interpreter import fires
from spark_jobs.reconciliation.model import EvaluatedEvent

Columns = Mapping[str, Any]
TOLERANCE = 1e-9
"""Distances and speeds differ between engines in the last digits of a sine."""
FOLLOWING_MS_MAX = 60_000
"""A fact that was said so long before an event came was known to the stream."""


@dataclass(frozen=True)
class Change:
    """The events that a fact speaks of: their types and times, and the value of a field if one is named."""

    event_types: frozenset[str]
    from_ms: int
    until_ms: int | None
    field: str | None = None
    value: str | None = None


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

    def changes_after(self, facts_offset: int | None) -> list[Change]:
        """What was said after an offset (None: nothing is new) of rules that are in force at some time."""
        if facts_offset is None:
            return []
        new = (stored.fact for stored in self.facts.stored if stored.offset > facts_offset)
        found = (change for fact in new for change in self._changes_of(fact))
        return list(dict.fromkeys(found))

    def _changes_of(self, fact: Fact) -> Iterator[Change]:
        times = fact.from_event_time_ms, fact.until_event_time_ms
        said = fact.statement
        if isinstance(said, UserRiskLevel):
            types = frozenset(rule.rule.on for rule in self.compiled if rule.reads_risk_level)
            if types:
                yield Change(types, *times, "user_id", said.user_id)
            return
        if not isinstance(said, ListEntry):
            types = frozenset(rule.rule.on for rule in self._by_id.get(said.rule_id, ()))
            if types:
                yield Change(types, *times)
            return
        for rule in self.compiled:
            for listed in rule.listed:
                if listed.list == said.list:
                    yield Change(frozenset((rule.rule.on,)), *times, listed.operand.name, said.value)

    def late_offsets(self, rule: CompiledRule, accepted: EvaluatedEvent) -> list[int]:
        """Offsets before each fact that may have come when the stream had decided, the newest first."""
        event = accepted.event
        subjects = [
            ("rule_mode", rule.rule.id),
            *(("parameter", value.rule_id, value.name) for value in rule.parameters),
            *(
                ("list_entry", listed.list, str(event[listed.operand.name]))
                for listed in rule.listed
                if event.get(listed.operand.name) is not None
            ),
            *([("user_risk_level", event["user_id"])] if rule.reads_risk_level else []),
        ]
        known_before_ms = accepted.append_time_ms - FOLLOWING_MS_MAX
        late = (
            stored.offset - 1
            for subject in subjects
            for stored in self.facts.of(subject)
            if stored.fact.changed_at_ms >= known_before_ms
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


def says(rule: CompiledRule, columns: Columns, message: str) -> bool:
    """Whether a message is the one of the rule on some columns; doubles may be written in any way."""
    pattern, doubles = "", []
    for part in rule.rule.message_parts:
        value = part if isinstance(part, str) else columns.get(_column(part))
        if isinstance(value, float):
            doubles.append(value)
        pattern += r"(\S+)" if isinstance(value, float) else re.escape(_as_text(value))
    found = re.fullmatch(pattern, message, re.DOTALL)
    return found is not None and all(map(_is_number, found.groups(), doubles))


def _is_number(text: str, number: float) -> bool:
    try:
        return math.isclose(float(text), number, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    except ValueError:
        return False


def _as_text(value: Any) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _column(value: Named) -> str:
    return value.name if isinstance(value, FieldValue) else value.column


def _is_in_force(rule: CompiledRule, event_time_ms: int) -> bool:
    from_ms, until_ms = rule.from_event_time_ms, rule.until_event_time_ms
    return (from_ms is None or from_ms <= event_time_ms) and (until_ms is None or event_time_ms < until_ms)
