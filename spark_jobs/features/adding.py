"""The features of a plan as columns of a table of events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as sf
from pyspark.sql.types import StructType

from rules.dialects import DIALECTS
from rules.feature_plan import FeaturePlan
from spark_jobs.features.chunks import whole_groups
from spark_jobs.features.columns import Chunk
from spark_jobs.features.specification import Step, executor_steps
from spark_jobs.features.values import feature_values
from spark_jobs.session import TYPES

GROUP = "feature_group"
ORDER = (GROUP, "event_time_ms", "partition", "offset", "topic")
NO_KEY = "\u0000"
"""Begins the group of events without a key; no accepted text holds it. They are spread by user."""


def with_features(events: DataFrame, plan: FeaturePlan) -> DataFrame:
    """Add a column for each feature of the plan: its true value, from all of ``events``.

    A row is one accepted event, with the contract's columns that the plan reads, ``topic``,
    ``partition`` and ``offset``; each event once. Other columns pass unchanged, the order of the
    rows does not. Events whose type does not need a feature, or without its key, get NULL.
    """
    rows = with_filters(events, plan)
    for step in executor_steps(plan):
        rows = _with_step(rows, step, plan)
    return rows.drop(*plan.filters)


def with_filters(events: DataFrame, plan: FeaturePlan) -> DataFrame:
    """Add the truth values by which features choose the events that count."""
    dialect = DIALECTS["spark"]
    filters = {name: sf.expr(dialect.render(condition)) for name, condition in plan.filters.items()}
    return events.withColumns(filters) if filters else events


def _with_step(rows: DataFrame, step: Step, plan: FeaturePlan) -> DataFrame:
    """Bring the events of each key together in order, and add the key's features."""
    no_key = sf.concat(sf.lit(NO_KEY), sf.col("user_id"))
    grouped = rows.withColumn(GROUP, sf.coalesce(sf.col(step.key), no_key))

    def add(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for table in whole_groups(batches, GROUP):
            yield from added(table, step).to_batches()

    return by_group(grouped).mapInArrow(add, _widened(grouped.schema, step, plan)).drop(GROUP)


def by_group(rows: DataFrame) -> DataFrame:
    """Bring the rows of each group into one task, sorted as :data:`ORDER` says.

    They are spread by a hash of the group: Spark takes a repartition by the group itself out of a plan that
    has a join by the group before it, and may then read that join's shuffle in pieces, which tears groups
    apart.
    """
    return rows.repartition(sf.xxhash64(GROUP)).sortWithinPartitions(*ORDER)


def added(table: pa.Table, step: Step) -> pa.Table:
    """Append the step's features to a table of whole groups, sorted as :data:`ORDER` says."""
    chunk = Chunk(table, GROUP)
    known = chunk.present(step.key)
    for feature in step.features:
        table = table.append_column(feature.column, feature_values(chunk, feature, known))
    return table


def _widened(schema: StructType, step: Step, plan: FeaturePlan) -> StructType:
    types = {feature.column: TYPES[feature.type] for feature in plan.features}
    widened = StructType(list(schema.fields))
    for feature in step.features:
        widened = widened.add(feature.column, types[feature.column])
    return widened
