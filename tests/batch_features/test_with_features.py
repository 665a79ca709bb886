"""Features as columns of a Spark table: several keys, batches smaller than groups, rows in any order."""

from __future__ import annotations

import random
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql.types import IntegerType, LongType, StringType

from rules.feature_plan import FeaturePlan
from rules.window_oracle import feature_value
from spark_jobs.features import with_features
from spark_jobs.session import event_type
from tests.batch_features.random_events import random_events, random_plan, rows_of
from tests.batch_features.test_values import same

pytestmark = pytest.mark.engines


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
