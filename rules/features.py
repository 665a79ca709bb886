"""A feature: one number or text about the events of a key within a sliding window."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, get_args

from rules.canonical import canonical_text

if TYPE_CHECKING:
    from rules.expressions import Expression, ValueType

FeatureFunction = Literal[
    "COUNT",
    "COUNT_DISTINCT",
    "SUM",
    "AVG",
    "MIN",
    "MAX",
    "STDDEV",
    "MS_SINCE_PREVIOUS",
    "DISTANCE_KM",
    "SPEED_KMH",
    "FIRST_SEEN_MS",
    "PREVIOUS",
]
FUNCTIONS: tuple[FeatureFunction, ...] = get_args(FeatureFunction)

FUNCTIONS_OF_PLACES = frozenset({"DISTANCE_KM", "SPEED_KMH"})
FIELDS_OF_PLACES = ("latitude", "longitude")

SECOND_MS = 1_000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
UNITS_MS = {"DAY": DAY_MS, "HOUR": HOUR_MS, "MINUTE": MINUTE_MS, "SECOND": SECOND_MS}
"""Units of windows and steps, the longest first."""

WINDOW_MS_MIN = SECOND_MS
WINDOW_MS_MAX = 90 * DAY_MS


@dataclass(frozen=True)
class Feature:
    """A function over the accepted events x of ``source_type`` that have the key of an event e.

    x lies within ``start <= x.event_time_ms <= e.event_time_ms``, where start is
    ``e.event_time_ms - window_ms``, rounded down to a multiple of ``step_ms`` since the epoch
    unless that is 0. Where there is a ``filter``, it is TRUE for x. A NULL key gives NULL.

    ``field`` is None for functions of no field; ``type`` is the type of the feature's value.
    """

    function: FeatureFunction
    field: str | None
    source_type: str
    filter: Expression | None
    key: str
    window_ms: int
    step_ms: int
    type: ValueType

    @cached_property
    def column(self) -> str:
        """Its name in SQL, made from what it is: equal features of two rules share a column."""
        of_field = f"_{self.field}" if self.field else ""
        step = f"_step_{_short(self.step_ms)}" if self.step_ms else ""
        where = f"_where_{_digest(self.filter)}" if self.filter else ""
        window = f"{_short(self.window_ms)}{step}{where}"
        return f"{self.function.lower()}{of_field}_of_{self.source_type}_by_{self.key}_over_{window}"

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that it reads of an event, beside those of the filter: its key, then its own."""
        return (self.key, *fields_of_function(self.function, self.field))

    @property
    def filter_column(self) -> str | None:
        """Name of the boolean column that says for which events the filter holds; None without a filter."""
        return f"counted_{self.source_type}_{_digest(self.filter)}" if self.filter else None

    @property
    def text(self) -> str:
        """The feature as a rule would write it, always in the same form."""
        where = f" WHERE {canonical_text(self.filter)}" if self.filter else ""
        step = f" STEP {_spelled(self.step_ms)}" if self.step_ms else ""
        window = f"OVER {_spelled(self.window_ms)}{step}"
        return f"{self._call()} OF {self.source_type}{where} BY {self.key} {window}"

    def window_start_ms(self, event_time_ms: int) -> int:
        """Return the first event time in the window of an event at ``event_time_ms``."""
        start = event_time_ms - self.window_ms
        return start - start % self.step_ms if self.step_ms else start

    def _call(self) -> str:
        if self.function == "COUNT":
            return "COUNT(*)"
        if self.function == "COUNT_DISTINCT":
            return f"COUNT(DISTINCT {self.field})"
        return f"{self.function}({self.field or ''})"


def fields_of_function(function: str, field: str | None) -> tuple[str, ...]:
    """Return what a function reads of an event: the field that it names, or where the event was."""
    if field:
        return (field,)
    return FIELDS_OF_PLACES if function in FUNCTIONS_OF_PLACES else ()


def _digest(expression: Expression) -> str:
    return hashlib.sha256(canonical_text(expression).encode()).hexdigest()[:12]


def _parts(duration_ms: int) -> tuple[int, str]:
    unit = next(unit for unit, unit_ms in UNITS_MS.items() if duration_ms % unit_ms == 0)
    return duration_ms // UNITS_MS[unit], unit


def _short(duration_ms: int) -> str:
    count, unit = _parts(duration_ms)
    return f"{count}{unit[0].lower()}"


def _spelled(duration_ms: int) -> str:
    count, unit = _parts(duration_ms)
    return f"{count} {unit}" if count == 1 else f"{count} {unit}S"
