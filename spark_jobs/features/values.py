"""The values of one feature for every row of a chunk."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spark_jobs.features import distinct, order, sums
from spark_jobs.features.columns import Chunk
from spark_jobs.features.rows import Truths, Values, Windows
from spark_jobs.features.specification import StepFeature


def feature_values(chunk: Chunk, feature: StepFeature, known: Truths) -> pa.Array:
    """Compute a feature; NULL where ``known`` is not true, and for events of types that do not get it."""
    values = FUNCTIONS[feature.function](chunk, feature)
    given = known & chunk.of_types(feature.types)
    return pc.if_else(pa.array(given), values, pa.scalar(None, values.type))


def _count(chunk: Chunk, feature: StepFeature) -> pa.Array:
    return pa.array(chunk.windows(feature).count(chunk.members(feature)))


def _count_distinct(chunk: Chunk, feature: StepFeature) -> pa.Array:
    field = _field(feature)
    members = chunk.members(feature, field)
    return pa.array(
        distinct.count_distinct(chunk.groups, chunk.codes(field), members, chunk.windows(feature))
    )


def _of_numbers(
    compute: Callable[[Values, Truths, Windows], Values], needed: int = 1
) -> Callable[[Chunk, StepFeature], pa.Array]:
    """Make a function of the numbers in the window that is NULL for less than ``needed`` of them."""

    def evaluate(chunk: Chunk, feature: StepFeature) -> pa.Array:
        field, within = _field(feature), chunk.windows(feature)
        members = chunk.members(feature, field)
        values = compute(chunk.values(field), members, within)
        return pa.array(values, mask=within.count(members) < needed)

    return evaluate


def _sum(values: Values, members: Truths, within: Windows) -> Values:
    return sums.ExactSums(values, members, within).saturated()


def _mean(values: Values, members: Truths, within: Windows) -> Values:
    means: Values = sums.ExactSums(values, members, within).nearest()
    means /= np.maximum(within.count(members), 1)
    return means


def _ms_since_previous(chunk: Chunk, feature: StepFeature) -> pa.Array:
    before = order.previous(chunk.members(feature), chunk.windows(feature))
    return pa.array(chunk.times_ms - chunk.times_ms[before], mask=before < 0)


def _previous(chunk: Chunk, feature: StepFeature) -> pa.Array:
    field = _field(feature)
    before = order.previous(chunk.members(feature, field), chunk.windows(feature))
    return chunk.taken(field, before, before >= 0)


def _distance_km(chunk: Chunk, feature: StepFeature) -> pa.Array:
    before = order.previous(chunk.members(feature, "latitude", "longitude"), chunk.windows(feature))
    distances = order.kilometres(chunk.values("latitude"), chunk.values("longitude"), before)
    return pa.array(distances, mask=(before < 0) | ~chunk.present("latitude", "longitude"))


def _speed_kmh(chunk: Chunk, feature: StepFeature) -> pa.Array:
    before = order.previous(chunk.members(feature, "latitude", "longitude"), chunk.windows(feature))
    distances = order.kilometres(chunk.values("latitude"), chunk.values("longitude"), before)
    passed_ms = chunk.times_ms - chunk.times_ms[before]
    known = (before >= 0) & chunk.present("latitude", "longitude") & (passed_ms != 0)
    return pa.array(order.kilometres_an_hour(distances, passed_ms), mask=~known)


def _first_seen_ms(chunk: Chunk, feature: StepFeature) -> pa.Array:
    field = _field(feature)
    times_ms, known = distinct.first_seen_ms(
        chunk.groups,
        chunk.times_ms,
        chunk.codes(field),
        chunk.members(feature, field),
        chunk.present(field),
        feature.window_ms,
        feature.step_ms,
    )
    return pa.array(times_ms, mask=~known)


def _field(feature: StepFeature) -> str:
    if feature.field is None:
        raise ValueError(f"{feature.column}: {feature.function} needs a field")
    return feature.field


FUNCTIONS: Mapping[str, Callable[[Chunk, StepFeature], pa.Array]] = {
    "COUNT": _count,
    "COUNT_DISTINCT": _count_distinct,
    "SUM": _of_numbers(_sum),
    "AVG": _of_numbers(_mean),
    "MIN": _of_numbers(sums.least),
    "MAX": _of_numbers(sums.greatest),
    "STDDEV": _of_numbers(sums.sample_deviations, needed=2),
    "MS_SINCE_PREVIOUS": _ms_since_previous,
    "DISTANCE_KM": _distance_km,
    "SPEED_KMH": _speed_kmh,
    "FIRST_SEEN_MS": _first_seen_ms,
    "PREVIOUS": _previous,
}
