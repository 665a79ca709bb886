"""Which events a run evaluates, and which others their windows need."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as sf

from rules.feature_plan import FeaturePlan, FeatureStep
from spark_jobs.reconciliation.evaluation import PLACE
from spark_jobs.reconciliation.rule_book import Change

TIME = "event_time_ms"


@dataclass(frozen=True)
class Times:
    """The first and the last event time (Unix epoch, ms) of some events, and how many they are."""

    first_ms: int
    last_ms: int
    count: int


def times_of(events: DataFrame) -> Times:
    """Count events and find their times; zero for none."""
    row = events.agg(sf.min(TIME), sf.max(TIME), sf.count("*")).first()
    assert row is not None
    return Times(row[0] or 0, row[1] or 0, row[2])


def spanning(several: Iterable[Times]) -> Times:
    """The times of all of some events."""
    told = [times for times in several if times.count]
    if not told:
        return Times(0, 0, 0)
    first_ms, last_ms = min(times.first_ms for times in told), max(times.last_ms for times in told)
    return Times(first_ms, last_ms, sum(times.count for times in told))


def on_days(events: DataFrame, from_ms: int, to_ms: int | None = None) -> DataFrame:
    """Keep the days of the lake (UTC) that hold event times from one to another, both included."""
    day = sf.col("event_date")
    kept = events.where(day >= sf.to_date(sf.timestamp_millis(sf.lit(from_ms))))
    return kept if to_ms is None else kept.where(day <= sf.to_date(sf.timestamp_millis(sf.lit(to_ms))))


def touched_by(new: DataFrame, old: DataFrame, plan: FeaturePlan) -> DataFrame:
    """Find places, ids and times of older events in whose windows a new event may lie, each once."""
    found = [_touched_by_key(new, old, step) for step in plan.steps if step.features]
    return reduce(DataFrame.unionByName, found).dropDuplicates(list(PLACE))


def changed_by(old: DataFrame, changes: Sequence[Change]) -> DataFrame:
    """Find places, ids and times of older events that facts speak of; some may come several times."""
    first_ms = min(change.from_ms for change in changes)
    days = on_days(old, first_ms, _latest(change.until_ms for change in changes))
    of_fields: dict[tuple[frozenset[str], str], list[Change]] = {}
    for change in changes:
        if change.field is not None:
            of_fields.setdefault((change.event_types, change.field), []).append(change)
    found = [_with_value(days, *of_field, told) for of_field, told in of_fields.items()]
    found += [days.where(_is_spoken_of(change)) for change in changes if change.field is None]
    return reduce(DataFrame.unionByName, (events.select(*PLACE, "event_id", TIME) for events in found))


def _with_value(
    events: DataFrame, event_types: frozenset[str], field: str, changes: Sequence[Change]
) -> DataFrame:
    """The events with one of the values that facts speak of, at their times."""
    rows = [(change.value, change.from_ms, change.until_ms) for change in changes]
    told = events.sparkSession.createDataFrame(rows, "said_of string, said_from long, said_until long")
    before_end = sf.col("said_until").isNull() | (sf.col(TIME) < sf.col("said_until"))
    at_times = (sf.col(TIME) >= sf.col("said_from")) & before_end
    of_types = events.where(_of_types(event_types))
    return of_types.join(sf.broadcast(told), (sf.col(field) == sf.col("said_of")) & at_times)


def _is_spoken_of(change: Change) -> Column:
    spoken_of = _of_types(change.event_types) & (sf.col(TIME) >= change.from_ms)
    return spoken_of if change.until_ms is None else spoken_of & (sf.col(TIME) < change.until_ms)


def _latest(times_ms: Iterable[int | None]) -> int | None:
    """The last of some times; None where one of them has no end."""
    found = list(times_ms)
    ends = [time_ms for time_ms in found if time_ms is not None]
    return max(ends) if len(ends) == len(found) else None


def _touched_by_key(new: DataFrame, old: DataFrame, step: FeatureStep) -> DataFrame:
    sources = {planned.feature.source_type for planned in step.features}
    bounds = (
        new.where(_of_types(sources) & sf.col(step.key).isNotNull())
        .groupBy(sf.col(step.key).alias("touched_key"))
        .agg(sf.min(TIME).alias("from_ms"), (sf.max(TIME) + _longest_ms(step)).alias("until_ms"))
    )
    same_key = sf.col(step.key) == sf.col("touched_key")
    within = sf.col(TIME).between(sf.col("from_ms"), sf.col("until_ms"))
    return old.where(_of_types(_types_with_features(step))).join(bounds, same_key & within).select(
        *PLACE, "event_id", TIME
    )  # fmt: skip


def with_context(flagged: DataFrame, plan: FeaturePlan) -> DataFrame:
    """Keep the events marked ``is_focus``, and those that their windows hold."""
    needed = sf.col("is_focus")
    rows = flagged
    for step in plan.steps:
        if step.features:
            rows = rows.join(_needs(flagged, step), sf.col(step.key) == sf.col(_name(step, "key")), "left")
            within = sf.col(TIME).between(sf.col(_name(step, "from_ms")), sf.col(_name(step, "until_ms")))
            needed = needed | sf.coalesce(within, sf.lit(False))
    return rows.where(needed).select(*flagged.columns)


def _needs(flagged: DataFrame, step: FeatureStep) -> DataFrame:
    """One row per key of an event in focus: the times that its windows reach over."""
    asking = flagged.where(sf.col("is_focus") & _of_types(_types_with_features(step)))
    return (
        asking.where(sf.col(step.key).isNotNull())
        .groupBy(sf.col(step.key).alias(_name(step, "key")))
        .agg(
            (sf.min(TIME) - _longest_ms(step)).alias(_name(step, "from_ms")),
            sf.max(TIME).alias(_name(step, "until_ms")),
        )
    )


def _name(step: FeatureStep, what: str) -> str:
    return f"needed_{step.key}_{what}"


def _longest_ms(step: FeatureStep) -> int:
    return max(planned.feature.window_ms + planned.feature.step_ms for planned in step.features)


def _types_with_features(step: FeatureStep) -> set[str]:
    return {name for planned in step.features for name in planned.event_types}


def _of_types(types: Iterable[str]) -> Column:
    return sf.col("event_type").isin(sorted(types))
