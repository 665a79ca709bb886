"""The accepted events of the topic as a run sees them: new ones, those judged before, and their windows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as sf

from rules.feature_plan import FeaturePlan
from spark_jobs.lake import read_events
from spark_jobs.reconciliation.evaluation import PLACE, lies_in
from spark_jobs.reconciliation.focus import (
    Times,
    changed_by,
    on_days,
    spanning,
    times_of,
    touched_by,
    with_context,
)
from spark_jobs.reconciliation.judging_range import JudgingRange, LandedRun
from spark_jobs.reconciliation.model import Position
from spark_jobs.reconciliation.rule_book import Change

BROADCAST_ROWS_MAX = 500_000
Places = Sequence[tuple[Position, str | None]]
"""Places of events, with the run that landed them where that is known."""


@dataclass(frozen=True)
class Lake:
    """Landed events; only what is asked for is read."""

    spark: SparkSession
    lake_uri: str
    topic: str
    judging: JudgingRange
    landed: Sequence[LandedRun]

    @property
    def was_judged_before(self) -> bool:
        """Whether an earlier run judged some of what has landed."""
        return any(run.overlaps(self._before) for run in self.landed)

    @property
    def _before(self) -> dict[int, tuple[int, int]]:
        return {partition: (0, start) for partition, (start, _) in self.judging.ranges.items()}

    def new(self) -> DataFrame:
        """The events that this run judges for the first time."""
        return self._read(run.batch_id for run in self.judging.landed).where(self._is_new())

    def judged_before(self) -> DataFrame:
        """The events that earlier runs judged."""
        return self._read(run.batch_id for run in self.landed).where(lies_in(self.topic, self._before))

    def touched(self, plan: FeaturePlan, new: Times, changes: Sequence[Change]) -> DataFrame | None:
        """The places and ids of events judged before that new events or facts touch; None: of none."""
        if not self.was_judged_before:
            return None
        found: list[DataFrame] = []
        if new.count and plan.steps:
            found.append(touched_by(self.new(), on_days(self.judged_before(), new.first_ms), plan))
        if changes:
            found.append(changed_by(self.judged_before(), changes))
        return reduce(DataFrame.unionByName, found).dropDuplicates(list(PLACE)) if found else None

    def focus(self, places: Places, plan: FeaturePlan, new: Times, touched: DataFrame | None) -> DataFrame:
        """The events to evaluate (``is_focus``) and, for plans with features, what their windows hold.

        ``is_due``: new, or one of the touched; ``has_alert``: at one of the places.
        """
        if not plan.steps and touched is None:
            return self._marked(self._read(self._batches(places)), places, None).where(sf.col("is_focus"))
        known = [new, self._times_at(places), *([] if touched is None else [times_of(touched)])]
        times = spanning(known)
        events = self._read(self._all_batches(places))
        near = on_days(events, times.first_ms - plan.longest_window_ms, times.last_ms)
        marked = self._marked(near, places, touched)
        if not plan.steps:
            return marked.where(sf.col("is_focus"))
        world = marked.where((sf.col("topic") == self.topic) | sf.col("is_focus"))
        return with_context(world, plan) if self.was_judged_before else world

    def _marked(self, events: DataFrame, places: Places, touched: DataFrame | None) -> DataFrame:
        wanted = self._table_of(places).withColumn("has_alert", sf.lit(True))
        marked = events.join(sf.broadcast(wanted), list(PLACE), "left")
        is_due = self._is_new()
        if touched is not None:
            places_touched = touched.select(*PLACE).withColumn("is_touched", sf.lit(True))
            marked = marked.join(places_touched, list(PLACE), "left")
            is_due = is_due | sf.col("is_touched").isNotNull()
        has_alert = sf.coalesce(sf.col("has_alert"), sf.lit(False))
        flagged = marked.withColumns({"has_alert": has_alert, "is_due": is_due}).drop("is_touched")
        return flagged.withColumn("is_focus", sf.col("is_due") | sf.col("has_alert"))

    def _times_at(self, places: Places) -> Times:
        """The times of the events at some places; only the runs that hold them are read."""
        if not places:
            return Times(0, 0, 0)
        wanted = sf.broadcast(self._table_of(places))
        return times_of(self._read(self._batches(places)).join(wanted, list(PLACE), "left_semi"))

    def _table_of(self, places: Places) -> DataFrame:
        rows = [tuple(place) for place in dict.fromkeys(place for place, _ in places)]
        return self.spark.createDataFrame(rows, "topic string, partition int, offset long")

    def _all_batches(self, places: Places) -> set[str]:
        return {batch_id for _, batch_id in places if batch_id} | {run.batch_id for run in self.landed}

    def _batches(self, places: Places) -> set[str]:
        """The landed runs that hold new events, or one of the places."""
        at_places = (run for run in self.landed if any(_holds(run, place) for place, _ in places))
        batch_ids = {batch_id for _, batch_id in places if batch_id is not None}
        return batch_ids | {run.batch_id for run in (*self.judging.landed, *at_places)}

    def at(self, found: DataFrame, times: Times, places: Places) -> DataFrame:
        """The events that were found at their places, between two times."""
        events = on_days(self._read(self._all_batches(places)), times.first_ms, times.last_ms)
        few = times.count <= BROADCAST_ROWS_MAX
        return events.join(sf.broadcast(found) if few else found, list(PLACE), "left_semi")

    def landed_since(self, time_ms: int) -> DataFrame:
        """All landed events of the topic from the day of an event time on."""
        events = self._read(run.batch_id for run in self.landed).where(sf.col("topic") == self.topic)
        return on_days(events, time_ms)

    def _is_new(self) -> Column:
        return lies_in(self.topic, self.judging.ranges)

    def _read(self, batch_ids: Iterable[str]) -> DataFrame:
        return read_events(self.spark, self.lake_uri, sorted(set(batch_ids)))


def with_repeats(events: DataFrame, repeats: DataFrame, conflicts: DataFrame | None) -> DataFrame:
    """Put the messages that repeat one of the events beside them, marked ``is_repeat``."""
    columns = [name for name in events.columns if name not in PLACE]
    told = sf.broadcast(repeats) if repeats.count() <= BROADCAST_ROWS_MAX else repeats
    copies = events.drop(*PLACE).join(told.select(*PLACE, "event_id"), "event_id")
    all_columns = [*PLACE, *columns]
    found = events.select(*all_columns).withColumn("is_repeat", sf.lit(False))
    found = found.unionByName(copies.select(*all_columns).withColumn("is_repeat", sf.lit(True)))
    if conflicts is None:
        return found
    return found.unionByName(
        conflicts.withColumn("is_repeat", sf.lit(True)).drop("is_due"), allowMissingColumns=True
    )


def _holds(run: LandedRun, place: Position) -> bool:
    return run.overlaps({place.partition: (place.offset, place.offset + 1)})
