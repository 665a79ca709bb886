"""The true alerts of the rules with features, by the window oracle, with facts at their defaults."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from rules.catalog import Rule, load_catalog
from rules.compiler import compile_rule
from rules.feature_plan import plan_features
from rules.features import Feature
from rules.interpreter import fires
from rules.window_oracle import feature_value
from tests.end_to_end.oracle import Truth

Event = dict[str, Any]
Groups = dict[tuple[str, str, str], list[Event]]


def windowed_rules() -> list[Rule]:
    """The rules of the catalog that read more than one event."""
    return [rule for rule in load_catalog() if rule.features]


def true_alerts(truth: Truth) -> dict[str, dict[str, Any]]:
    """Alert id -> evidence, of everything that was accepted, whatever came when."""
    rules = windowed_rules()
    features = plan_features(rules).features
    events = [
        event | {"partition": message.partition, "offset": message.offset}
        for event, message in truth.accepted.values()
    ]
    groups = _groups(events, features)
    found: dict[str, dict[str, Any]] = {}
    for event in events:
        asked = [rule for rule in rules if rule.on == event["event_type"]]
        found |= dict(_alerts(event, asked, groups))
    return found


def _groups(events: Sequence[Event], features: Sequence[Feature]) -> Groups:
    wanted = {(feature.source_type, feature.key) for feature in features}
    groups: Groups = defaultdict(list)
    for event in events:
        for source_type, key in wanted:
            if event["event_type"] == source_type and event.get(key) is not None:
                groups[source_type, key, event[key]].append(event)
    return groups


def _alerts(event: Event, rules: Sequence[Rule], groups: Groups) -> Iterator[tuple[str, dict[str, Any]]]:
    row = dict(event)
    for rule in rules:
        compiled = compile_rule(rule)
        for feature in compiled.features:
            if feature.column not in row:
                group = groups.get((feature.source_type, feature.key, event.get(feature.key, "")), [])
                row[feature.column] = feature_value(feature, event, group)
        row |= {parameter.column: parameter.default for parameter in compiled.parameters}
        row |= {asked.column: False for asked in compiled.listed if event.get(asked.operand.name) is not None}
        if fires(rule.condition, row):
            values = rule.evidence_values
            evidence = {value.name: row.get(getattr(value, "column", value.name)) for value in values}
            yield f"{rule.id}:{event['event_id']}", evidence
