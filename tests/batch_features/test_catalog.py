"""The catalog in Spark on literal histories, facts included, against plain Python."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as sf
from pyspark.sql.types import IntegerType, LongType, StringType

from rules.catalog import load_catalog
from rules.compiler import compile_rule
from rules.fact_history import FactHistory, StoredFact
from rules.facts import Fact, ListEntry
from rules.feature_plan import plan_features
from spark_jobs.facts import with_facts
from spark_jobs.features import with_features
from spark_jobs.session import event_type
from tests.batch_features.random_events import rows_of
from tests.rules.judging import fired
from tests.rules.literal_events import LISTS, all_histories

pytestmark = pytest.mark.engines


def test_each_rule_fires_in_spark_on_the_events_that_it_fires_on_in_plain_python(spark: SparkSession) -> None:
    rules, events = load_catalog(), all_histories()
    compiled = [compile_rule(rule) for rule in rules]
    schema = event_type().add("topic", StringType()).add("partition", IntegerType()).add("offset", LongType())
    table = with_features(spark.createDataFrame(list(rows_of(events)), schema), plan_features(rules))
    table = with_facts(table, listed_facts(), compiled)
    verdicts = [sf.expr(rule.condition("spark")).alias(rule.rule.id) for rule in compiled]
    found = {
        row["event_id"]: {rule.id for rule in rules if row[rule.id]}
        for row in table.select("event_id", *verdicts).collect()
    }
    histories = {event["event_id"].split(".")[0] for event in events}
    for name in histories:
        history = [event for event in events if event["event_id"].startswith(f"{name}.")]
        for event in history:
            assert found[event["event_id"]] == fired(rules, event, history, LISTS), event["event_id"]
    assert {rule_id for ids in found.values() for rule_id in ids} >= {
        rule.id for rule in rules if rule.features
    }


def listed_facts() -> FactHistory:
    """The lists of the literal events as facts that hold always."""
    entries = [(name, value) for name, values in sorted(LISTS.items()) for value in sorted(values)]
    return FactHistory(
        tuple(
            StoredFact(offset, Fact(f"fact{offset}", ListEntry(name, value, True), 0, None, "tests", 0))
            for offset, (name, value) in enumerate(entries)
        )
    )
