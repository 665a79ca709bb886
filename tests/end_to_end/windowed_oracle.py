"""The true alerts of the rules that read more than one event, by the window oracle; no fact was ever said."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from rules.catalog import Rule, load_catalog
from rules.compiler import CompiledRule, compile_rule
from rules.feature_plan import plan_features
from rules.features import Feature
from rules.interpreter import evaluate, fires
from rules.window_oracle import feature_value
from tests.end_to_end.oracle import Truth

Event = dict[str, Any]


class Group(NamedTuple):
    """The events of one type with one value of a key, by event time."""

    times_ms: list[int]
    events: list[Event]


Groups = dict[tuple[str, str, str], Group]


def windowed_rules() -> list[Rule]:
    """The rules of the catalog that read features or lists."""
    return [rule for rule in load_catalog() if rule.features or compile_rule(rule).listed]


def true_alerts(truth: Truth) -> dict[str, dict[str, Any]]:
    """Alert id -> evidence, of everything that was accepted, whatever came when."""
    rules = [compile_rule(rule) for rule in windowed_rules()]
    events = [
        event | {"partition": message.partition, "offset": message.offset}
        for event, message in truth.accepted.values()
    ]
    groups = _groups(events, plan_features(rule.rule for rule in rules).features)
    return {alert_id: evidence for event in events for alert_id, evidence in _alerts(event, rules, groups)}


def _groups(events: Sequence[Event], features: Sequence[Feature]) -> Groups:
    wanted = {(feature.source_type, feature.key) for feature in features}
    groups: Groups = defaultdict(lambda: Group([], []))
    for event in sorted(events, key=lambda event: int(event["event_time_ms"])):
        for source_type, key in wanted:
            if event["event_type"] == source_type and event.get(key) is not None:
                group = groups[source_type, key, event[key]]
                group.times_ms.append(event["event_time_ms"])
                group.events.append(event)
    return groups


def _alerts(
    event: Event, rules: Sequence[CompiledRule], groups: Groups
) -> Iterator[tuple[str, dict[str, Any]]]:
    values: dict[Feature, Any] = {}
    for compiled in rules:
        rule = compiled.rule
        if rule.on != event["event_type"]:
            continue
        row = event | {parameter.column: parameter.default for parameter in compiled.parameters}
        row |= {asked.column: False for asked in compiled.listed if event.get(asked.operand.name) is not None}
        if _never_fires(rule, row):
            continue
        for feature in compiled.features:
            if feature not in values:
                values[feature] = _value(feature, event, groups)
            row[feature.column] = values[feature]
        if fires(rule.condition, row):
            read = rule.evidence_values
            yield (
                f"{rule.id}:{event['event_id']}",
                {value.name: row.get(getattr(value, "column", value.name)) for value in read},
            )


def _never_fires(rule: Rule, row: Event) -> bool:
    """Whether the event alone makes the condition false, whatever the features are: spares the windows."""
    knows_null = any(word in rule.when for word in ("IS NULL", "IS NOT NULL", "COALESCE"))
    return not knows_null and evaluate(rule.condition, row) is False


def _value(feature: Feature, event: Event, groups: Groups) -> Any:
    key = event.get(feature.key)
    if key is None or (feature.source_type, feature.key, key) not in groups:
        return feature_value(feature, event, [])
    times_ms, events = groups[feature.source_type, feature.key, key]
    first = bisect_left(times_ms, event["event_time_ms"] - feature.window_ms - feature.step_ms)
    behind = bisect_right(times_ms, event["event_time_ms"])
    return feature_value(feature, event, events[first:behind])
