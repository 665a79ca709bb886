"""A stream played by hand: takes events in, one by one, and raises alerts as the operator does.

It shares no code with the batch: features come from a plain list of what has arrived, and ``seen`` from
the words of its documentation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rules.catalog import Rule
from rules.expressions import FeatureValue
from rules.feature_plan import plan_features
from rules.interpreter import fires
from rules.window_oracle import with_features

DAY_MS = 86_400_000
TWO_TO_64 = 2**64


def mix(partition: int, offset: int) -> int:
    z = (partition << 48) ^ offset
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) % TWO_TO_64
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) % TWO_TO_64
    return z ^ (z >> 31)


class LiteralStream:
    """Events are dicts of fields with ``partition`` and ``offset``."""

    def __init__(self, rules: Sequence[Rule], topic: str) -> None:
        self.rules = rules
        self.topic = topic
        self.plan = plan_features(rules)
        self.taken: list[dict[str, Any]] = []
        self.alerts: list[dict[str, Any]] = []

    def take(self, event: dict[str, Any], among: Sequence[dict[str, Any]] | None = None) -> None:
        """Take an event in and decide; ``among``: what had arrived at the keyed steps, itself included."""
        self.taken.append(event)
        arrived = self.taken if among is None else among
        for rule in self.rules:
            columns = with_features(event, rule.features.values(), arrived)
            if event["event_type"] == rule.on and fires(rule.condition, columns):
                self.alerts.append(self._alert(rule, event, columns, arrived))

    def _alert(
        self, rule: Rule, event: dict[str, Any], columns: dict[str, Any], arrived: Sequence[dict[str, Any]]
    ) -> dict[str, Any]:
        fields = {name: value for name, value in event.items() if name not in ("partition", "offset")}
        keys = [key for key in dict.fromkeys(f.key for f in rule.features.values()) if event.get(key)]
        seen = {key: self._seen(key, [x for x in arrived if x.get(key) == event[key]]) for key in keys}
        return {
            "_id": f"{rule.id}:{event['event_id']}",
            "rule_id": rule.id,
            "rule_version": rule.version,
            "severity": rule.severity,
            "message": "".join(
                part if isinstance(part, str) else str(columns[_column(part)]) for part in rule.message_parts
            ),
            **{name: event[name] for name in ("event_id", "event_type", "user_id", "event_time_ms")},
            "detected_at_ms": 1_760_000_000_000,
            "evidence": {value.name: columns.get(_column(value)) for value in rule.evidence_values},
            "event": {"currency": "USD"}
            | {name: value for name, value in fields.items() if value is not None},
            "source": {"topic": self.topic, "partition": event["partition"], "offset": event["offset"]},
            "seen": {key: told["last"] for key, told in seen.items()},
            "seen_counts": {key: told["counts"] for key, told in seen.items()},
            "counted_from_ms": {key: told["from_ms"] for key, told in seen.items()},
            "held_from_ms": {key: {} for key in keys},
            "status": "provisional",
        }

    def _seen(self, key: str, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
        step = next(step for step in self.plan.steps if step.key == key)
        span_ms = max(f.feature.window_ms + f.feature.step_ms for f in step.features) + DAY_MS
        from_ms = (max(x["event_time_ms"] for x in rows) // span_ms - 1) * span_ms
        told: dict[str, Any] = {"last": {}, "counts": {}, "from_ms": from_ms}
        for partition in sorted({x["partition"] for x in rows}):
            offsets = [x["offset"] for x in rows if x["partition"] == partition]
            counted = [
                x["offset"] for x in rows if x["partition"] == partition and x["event_time_ms"] >= from_ms
            ]
            told["last"][str(partition)] = max(offsets)
            told["counts"][str(partition)] = {
                "events": len(counted),
                "checksum": f"{sum(mix(partition, offset) for offset in counted) % TWO_TO_64:016x}",
                "first_offset": min(offsets),
            }
        return told


def _column(value: Any) -> str:
    return value.feature.column if isinstance(value, FeatureValue) else value.name
