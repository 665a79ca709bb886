"""Where two accounts of one alert differ."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from rules.compiler import CompiledRule
from rules.expressions import FeatureValue
from spark_jobs.reconciliation.model import EvaluatedEvent, StreamAlert
from spark_jobs.reconciliation.rule_book import TOLERANCE

COPIED_FROM_EVENT = ("event_id", "event_type", "user_id", "event_time_ms")
BY_DISTANCE = ("DISTANCE_KM", "SPEED_KMH")
"""Features whose last digits depend on the engine's sine."""


def differing_from_event(alert: StreamAlert, origin: EvaluatedEvent) -> list[str]:
    """Name what the alert says otherwise than the event that it was made from."""
    document = alert.document
    names = [name for name in COPIED_FROM_EVENT if not _same(document.get(name), origin.event.get(name))]
    return names if same_members(document["event"], origin.event) else [*names, "event"]


def same_evidence(rule: CompiledRule, left: Mapping[str, Any], right: Mapping[str, Any]) -> bool:
    """Equal members, distances and speeds up to their last digits; null and absent are one."""
    loose = {
        value.name
        for value in rule.rule.evidence_values
        if isinstance(value, FeatureValue) and value.feature.function in BY_DISTANCE
    }
    return all(
        (_close if name in loose else _same)(left.get(name), right.get(name))
        for name in left.keys() | right.keys()
    )


def same_members(left: Mapping[str, Any], right: Mapping[str, Any]) -> bool:
    """Equal members; null and absent are one."""
    return all(_same(left.get(name), right.get(name)) for name in left.keys() | right.keys())


def _same(left: Any, right: Any) -> bool:
    """Equal JSON values; true is not 1."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return bool(left == right)


def _close(left: Any, right: Any) -> bool:
    if isinstance(left, float | int) and isinstance(right, float | int):
        return math.isclose(left, right, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return _same(left, right)
