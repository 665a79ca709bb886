"""Windowed features from a plain list of events: slow, obviously right, and the oracle of every test.

An event is a mapping of its fields, and beside them ``partition`` and ``offset``. The list is of
accepted events, each once, in any order: everything for the true values, or what had arrived for
the values that a stream must have had. Nothing here is shared with the engines.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from rules.features import Feature
from rules.interpreter import Value, fires

Event = Mapping[str, Any]

EARTH_RADIUS_KM = 6371.0088
"""Mean radius of the Earth (IUGG); the Earth is taken for a sphere."""

MS_PER_HOUR = 3_600_000.0
LONG_MIN, LONG_MAX = -(2**63), 2**63 - 1


def with_features(
    event: Event, features: Iterable[Feature], events: Sequence[Event], gone_before_ms: int | None = None
) -> dict[str, Any]:
    """Return the event with a column for each feature, as conditions read it."""
    values = {feature.column: feature_value(feature, event, events, gone_before_ms) for feature in features}
    return {**event, **values}


def feature_value(
    feature: Feature, event: Event, events: Sequence[Event], gone_before_ms: int | None = None
) -> Value:
    """Return the value of a feature for an event.

    Args:
        feature: what to compute.
        event: one of ``events``, or of another type than the feature's.
        events: what the windows are taken from.
        gone_before_ms: events with an earlier event time count as absent; None: none do.
    """
    if event.get(feature.key) is None:
        return None
    window = [x for x in events if _is_in_window(feature, event, x)]
    if gone_before_ms is not None:
        window = [x for x in window if x["event_time_ms"] >= gone_before_ms]
    if feature.function in ("MS_SINCE_PREVIOUS", "DISTANCE_KM", "SPEED_KMH", "PREVIOUS"):
        before = sorted((x for x in window if _place(x) < _place(event)), key=_place)
        return _from_previous(feature, event, before)
    if feature.function == "FIRST_SEEN_MS":
        return _first_seen_ms(feature, event, window)
    return _from_all(feature, window)


def _is_in_window(feature: Feature, event: Event, x: Event) -> bool:
    start_ms = event["event_time_ms"] - feature.window_ms
    if feature.step_ms:
        start_ms = start_ms // feature.step_ms * feature.step_ms
    return (
        x["event_type"] == feature.source_type
        and x.get(feature.key) == event[feature.key]
        and start_ms <= x["event_time_ms"] <= event["event_time_ms"]
        and (feature.filter is None or fires(feature.filter, x))
    )


def _place(event: Event) -> tuple[int, int, int]:
    return event["event_time_ms"], event["partition"], event["offset"]


def _present(feature: Feature, window: Iterable[Event]) -> list[Any]:
    assert feature.field is not None
    return [x[feature.field] for x in window if x.get(feature.field) is not None]


def _from_all(feature: Feature, window: Sequence[Event]) -> Value:
    if feature.function == "COUNT":
        return len(window)
    values = _present(feature, window)
    if feature.function == "COUNT_DISTINCT":
        return len(set(values))
    if not values:
        return None
    match feature.function:
        case "SUM":
            total: int = sum(values)
            return max(LONG_MIN, min(LONG_MAX, total))
        case "AVG":
            return float(sum(values)) / float(len(values))
        case "MIN":
            return _without_minus_zero(min(values))
        case "MAX":
            return _without_minus_zero(max(values))
    return _sample_deviation(values)


def _sample_deviation(values: Sequence[int]) -> float | None:
    """n times the sum of squares less the square of the sum is exact; each double is rounded once."""
    count = len(values)
    if count < 2:
        return None
    spread = count * sum(value * value for value in values) - sum(values) ** 2
    return math.sqrt(float(Fraction(spread)) / (float(count) * float(count - 1)))


def _without_minus_zero(value: Any) -> Value:
    same: Value = value + 0.0 if isinstance(value, float) else value
    return same


def _first_seen_ms(feature: Feature, event: Event, window: Iterable[Event]) -> int | None:
    assert feature.field is not None
    value = event.get(feature.field)
    if value is None:
        return None
    times: list[int] = [x["event_time_ms"] for x in window if x.get(feature.field) == value]
    return min(times, default=None)


def _from_previous(feature: Feature, event: Event, before: Sequence[Event]) -> Value:
    if feature.function == "MS_SINCE_PREVIOUS":
        return int(event["event_time_ms"] - before[-1]["event_time_ms"]) if before else None
    if feature.function == "PREVIOUS":
        values = _present(feature, before)
        return _without_minus_zero(values[-1]) if values else None
    placed = [x for x in before if _has_place(x)]
    if not placed or not _has_place(event):
        return None
    kilometres = _kilometres(placed[-1], event)
    if feature.function == "DISTANCE_KM":
        return kilometres
    elapsed_ms = event["event_time_ms"] - placed[-1]["event_time_ms"]
    return kilometres * MS_PER_HOUR / elapsed_ms if elapsed_ms else None


def _has_place(event: Event) -> bool:
    return event.get("latitude") is not None and event.get("longitude") is not None


def _kilometres(one: Event, other: Event) -> float:
    """The angle between two unit vectors, times the radius."""
    x, y = _unit_vector(one), _unit_vector(other)
    cross = (x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0])
    return EARTH_RADIUS_KM * math.atan2(math.hypot(*cross), sum(a * b for a, b in zip(x, y, strict=True)))


def _unit_vector(event: Event) -> tuple[float, float, float]:
    phi, theta = math.radians(event["latitude"]), math.radians(event["longitude"])
    return math.cos(phi) * math.cos(theta), math.cos(phi) * math.sin(theta), math.sin(phi)
