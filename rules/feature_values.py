"""Types and ranges of the values of features."""

from __future__ import annotations

from contract.events import Field, FieldType, load_contract
from rules.expressions import ValueType
from rules.features import HOUR_MS, Feature, FeatureFunction
from rules.names import field_range
from rules.ranges import INTEGER_MAX, Range, RangeOverflowError

EVENTS_OF_A_KEY_MAX = 10**12
"""More events than one key can have in a window: 90 days of 128,000 a second."""

SQUARES_MAX = 2**127 // 10**9
"""Greatest square of a value that sums of squares in 128 bits hold a thousand million times."""

LONGEST_WAY_KM = 20_016.0
"""Half of the circumference of a sphere with the Earth's mean radius, 6,371.0088 km, rounded up."""

_ORDER = ", because a sum of fractions depends on its order"
_EQUAL = ", because fractions are not told apart by equality"

TYPES_OF_FIELD: dict[FeatureFunction, tuple[tuple[FieldType, ...], str]] = {
    "COUNT_DISTINCT": (("text", "integer", "boolean"), _EQUAL),
    "SUM": (("integer",), _ORDER),
    "AVG": (("integer",), _ORDER),
    "STDDEV": (("integer",), _ORDER),
    "MIN": (("integer", "number"), ""),
    "MAX": (("integer", "number"), ""),
    "FIRST_SEEN_MS": (("text", "integer", "boolean"), _EQUAL),
    "PREVIOUS": (("text", "integer", "number", "boolean"), ""),
}
"""The functions that take a field: its types, and why not the others."""


def result_type(function: FeatureFunction, field: Field | None) -> ValueType:
    """Return the type of a feature's value.

    Raises:
        RangeOverflowError: its exact sums could leave 128 bits.
    """
    if function in ("AVG", "STDDEV", "SUM") and field:
        _check_sums(field)
    if function in ("AVG", "STDDEV", "DISTANCE_KM", "SPEED_KMH"):
        return "number"
    if function in ("MIN", "MAX", "PREVIOUS"):
        assert field is not None
        return field.type
    return "integer"


def feature_range(feature: Feature, field: Field | None) -> Range | None:
    """Return the least and the greatest value of a feature of a field; None unless it is a number."""
    of_field = field_range(field) if field else None
    match feature.function:
        case "COUNT" | "COUNT_DISTINCT":
            return Range(0, EVENTS_OF_A_KEY_MAX)
        case "MS_SINCE_PREVIOUS":
            return Range(0, feature.window_ms + feature.step_ms)
        case "FIRST_SEEN_MS":
            return Range(load_contract().limits.event_time_ms_min, INTEGER_MAX)
        case "DISTANCE_KM":
            return Range(0.0, LONGEST_WAY_KM)
        case "SPEED_KMH":
            return Range(0.0, LONGEST_WAY_KM * HOUR_MS)
    if of_field is None:
        return None
    match feature.function:
        case "SUM":
            return _sum_range(of_field)
        case "AVG":
            return of_field.widened()
        case "STDDEV":
            return Range(0.0, float(of_field.high - of_field.low))
        case _:
            return of_field


def _check_sums(field: Field) -> None:
    values = field_range(field)
    if values is None or values.magnitude**2 > SQUARES_MAX:
        raise RangeOverflowError


def _sum_range(values: Range) -> Range:
    """A sum stops at the ends of BIGINT; with the lower one, nothing can be calculated."""
    low = max(min(int(values.low), 0) * EVENTS_OF_A_KEY_MAX, -INTEGER_MAX - 1)
    high = min(max(int(values.high), 0) * EVENTS_OF_A_KEY_MAX, INTEGER_MAX)
    return Range(low, high)
