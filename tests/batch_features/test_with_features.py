"""Features as columns of a Spark table: several keys, batches smaller than groups, rows in any order."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as sf
from pyspark.sql.types import IntegerType, LongType, StringType

from rules.feature_plan import FeaturePlan
from rules.window_oracle import feature_value
from spark_jobs.features import with_features
from spark_jobs.features.adding import GROUP, by_group
from spark_jobs.session import event_type
from tests.batch_features.random_events import random_events, random_plan, rows_of
from tests.batch_features.test_values import same

pytestmark = pytest.mark.engines

TEARING = {
    "spark.sql.autoBroadcastJoinThreshold": "1000",
    "spark.sql.adaptive.autoBroadcastJoinThreshold": "10MB",
    "spark.sql.files.maxPartitionBytes": "100KB",
    "spark.sql.files.openCostInBytes": "1",
    "spark.sql.adaptive.coalescePartitions.minPartitionSize": "1KB",
}
"""A small table is planned and read as a large one is."""


def test_every_feature_is_a_column_and_every_row_passes(spark: SparkSession) -> None:
    plan, events = FeaturePlan(random_plan(3).planned[::4]), random_events(3, 160)
    rows = list(rows_of(events))
    random.Random(3).shuffle(rows)
    schema = event_type().add("topic", StringType()).add("partition", IntegerType()).add("offset", LongType())
    table = with_features(spark.createDataFrame(rows, schema), plan)
    assert table.columns == [*schema.names, *(feature.column for feature in plan.features)]
    found: dict[str, dict[str, Any]] = {row["event_id"]: row.asDict() for row in table.collect()}
    assert found.keys() == {event["event_id"] for event in events}
    for event in events:
        for feature in plan.features:
            expected = feature_value(feature, event, events) if event["event_type"] == "transaction" else None
            value = found[event["event_id"]][feature.column]
            assert same(feature, value, expected), (feature.text, value, expected)


def test_a_group_is_in_one_task_whatever_joins_came_before(spark: SparkSession, tmp_path: Path) -> None:
    """Adaptive execution turns this join into a broadcast, and reads its shuffle where it was written."""
    uses = spark.range(0, 40_000, 1, 4).selectExpr(
        "concat('card_', id % 2000) AS card_id", "id AS event_time_ms", "0 AS partition", "id AS offset"
    )
    uses.withColumn("topic", sf.lit("t")).write.parquet(f"{tmp_path}/uses")
    keyed = spark.read.parquet(f"{tmp_path}/uses").withColumn(GROUP, sf.col("card_id"))
    asked = keyed.where("card_id LIKE '%7'").select(GROUP).distinct()
    for name, value in TEARING.items():
        spark.conf.set(name, value)
    try:
        rows = by_group(keyed.join(asked, GROUP, "left_semi"))
        seen = rows.mapInArrow(_groups_of_task, f"{GROUP} string").collect()
    finally:
        for name in TEARING:
            spark.conf.unset(name)
    assert len(seen) == len({row[0] for row in seen}) == 200


def _groups_of_task(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    groups = {group for batch in batches for group in batch.column(GROUP).to_pylist()}
    yield pa.RecordBatch.from_arrays([pa.array(sorted(groups), pa.string())], names=[GROUP])
