"""Rules judged in plain Python: the window oracle for features, defaults for parameters, sets for lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rules.catalog import Rule
from rules.compiler import compile_rule
from rules.interpreter import fires
from rules.window_oracle import Event, with_features

Lists = Mapping[str, set[str]]


def fired(rules: Iterable[Rule], event: Event, events: Sequence[Event], lists: Lists) -> set[str]:
    """The ids of the rules that fire on an event among others."""
    return {
        rule.id
        for rule in rules
        if rule.on == event["event_type"] and fires(rule.condition, row_of(rule, event, events, lists))
    }


def row_of(rule: Rule, event: Event, events: Sequence[Event], lists: Lists) -> dict[str, Any]:
    """The event with the columns that a rule reads, facts at their defaults."""
    compiled = compile_rule(rule)
    row = with_features(event, compiled.features, events)
    row |= {parameter.column: parameter.default for parameter in compiled.parameters}
    for asked in compiled.listed:
        value = event.get(asked.operand.name)
        row[asked.column] = None if value is None else value in lists.get(asked.list, set())
    return row
