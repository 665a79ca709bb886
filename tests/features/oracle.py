"""The features of an event from a plain list of what arrived before it, straight from their definition."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from typing import Any

from rules.features import Feature
from tests.features.literal_stream import Event

ALL_VALUES: dict[str, Callable[[list[Any]], Any]] = {
    "SUM": sum,
    "AVG": statistics.fmean,
    "MIN": min,
    "MAX": max,
    "STDDEV": statistics.stdev,
}


LARGE_CENTS = 50_000
"""What the one filter of the tested features says: more than this."""


def feature_value(feature: Feature, event: Event, arrived: list[Event]) -> Any:
    """Return one feature; ``arrived`` is in the order of arrival and ends with the event."""
    if getattr(event, feature.key) is None:
        return None
    start_ms = event.event_time_ms - feature.window_ms
    if feature.step_ms:
        start_ms -= start_ms % feature.step_ms
    window = [
        x
        for x in arrived
        if getattr(x, feature.key) == getattr(event, feature.key)
        and x.event_type == feature.source_type
        and (feature.filter is None or (x.amount_cents or 0) > LARGE_CENTS)
        and start_ms <= x.event_time_ms <= event.event_time_ms
    ]
    if feature.function in ("MS_SINCE_PREVIOUS", "PREVIOUS", "DISTANCE_KM", "SPEED_KMH"):
        return _from_previous(feature, event, window)
    return _from_all(feature, event, window)


def _from_all(feature: Feature, event: Event, window: list[Event]) -> Any:
    function, field = feature.function, feature.field
    if function == "COUNT":
        return len(window)
    assert field is not None
    if function == "FIRST_SEEN_MS":
        value = getattr(event, field)
        times = [x.event_time_ms for x in window if value is not None and getattr(x, field) == value]
        return min(times, default=None)
    values = [getattr(x, field) for x in window if getattr(x, field) is not None]
    if function == "COUNT_DISTINCT":
        return len(set(values))
    if not values or (function == "STDDEV" and len(values) == 1):
        return None
    return ALL_VALUES[function](values)


def _from_previous(feature: Feature, event: Event, window: list[Event]) -> Any:
    function, field = feature.function, feature.field
    place = (event.event_time_ms, event.offset)
    before = sorted(
        (x for x in window if (x.event_time_ms, x.offset) < place), key=lambda x: (x.event_time_ms, x.offset)
    )
    if function == "MS_SINCE_PREVIOUS":
        return event.event_time_ms - before[-1].event_time_ms if before else None
    if function == "PREVIOUS":
        values = [getattr(x, field) for x in before if getattr(x, field) is not None] if field else []
        return values[-1] if values else None
    placed = [x for x in before if x.latitude is not None]
    if not placed or event.latitude is None:
        return None
    kilometres = _kilometres(placed[-1], event)
    hours = (event.event_time_ms - placed[-1].event_time_ms) / 3_600_000
    if function == "DISTANCE_KM":
        return kilometres
    return kilometres / hours if hours else None


def _kilometres(one: Event, other: Event) -> float:
    """The angle between two places by the law of cosines on unit vectors, not by the haversine formula."""
    x, y = _unit_vector(one), _unit_vector(other)
    cross = (x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0])
    return 6371.0088 * math.atan2(math.hypot(*cross), sum(a * b for a, b in zip(x, y, strict=True)))


def _unit_vector(event: Event) -> tuple[float, float, float]:
    assert event.latitude is not None
    assert event.longitude is not None
    phi, theta = math.radians(event.latitude), math.radians(event.longitude)
    return math.cos(phi) * math.cos(theta), math.cos(phi) * math.sin(theta), math.sin(phi)
