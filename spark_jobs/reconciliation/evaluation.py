"""The batch's own evaluation of the rules over accepted events, in Spark SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as sf
from pyspark.sql.types import IntegerType, LongType, StringType

from contract.events import load_contract
from rules.compiler import CompiledRule
from spark_jobs.reconciliation.model import Position
from spark_jobs.session import event_type


def evaluate(events: DataFrame, rules: Sequence[CompiledRule]) -> DataFrame:
    """Give each event as JSON with the rules that fire on it.

    A row is one event: its place, ``event`` (JSON of the contract's fields that are
    not null) and ``firing`` (JSON of rule id to the alert's message).
    """
    names = [field.name for field in load_contract().columns]
    return events.select(
        "topic",
        "partition",
        "offset",
        "event_id",
        sf.to_json(sf.struct(*names)).alias("event"),
        sf.to_json(_firing(rules)).alias("firing"),
    )


def only_firing(events: DataFrame, rules: Sequence[CompiledRule]) -> DataFrame:
    """Keep the events on which a rule fires."""
    conditions = [rule.condition("spark") for rule in rules]
    return events.where(sf.expr(" OR ".join(conditions) if conditions else "FALSE"))


def within(events: DataFrame, topic: str, ranges: Mapping[int, tuple[int, int]]) -> DataFrame:
    """Keep the events of a topic whose offset lies in their partition's range, its end excluded."""
    in_ranges = sf.lit(False)
    for partition, (start, end) in ranges.items():
        place = (sf.col("partition") == partition) & (sf.col("offset") >= start) & (sf.col("offset") < end)
        in_ranges = in_ranges | place
    return events.where((sf.col("topic") == topic) & in_ranges)


def having(
    spark: SparkSession, events: DataFrame, event_ids: Iterable[str], positions: Iterable[Position]
) -> DataFrame:
    """Keep the events with one of the ids or at one of the positions."""
    ids = spark.createDataFrame([(name,) for name in event_ids], "wanted_id string")
    places = spark.createDataFrame(
        list(positions), "wanted_topic string, wanted_partition int, wanted_offset long"
    )
    by_id = events.join(sf.broadcast(ids), sf.col("event_id") == sf.col("wanted_id"), "left_semi")
    same_place = (
        (sf.col("topic") == sf.col("wanted_topic"))
        & (sf.col("partition") == sf.col("wanted_partition"))
        & (sf.col("offset") == sf.col("wanted_offset"))
    )
    by_place = events.join(sf.broadcast(places), same_place, "left_semi")
    return by_id.unionByName(by_place)


def to_events(spark: SparkSession, messages: Iterable[tuple[Position, Mapping[str, Any]]]) -> DataFrame:
    """Make a table of events that were parsed outside Spark."""
    columns = load_contract().columns
    schema = event_type().add("topic", StringType()).add("partition", IntegerType())
    rows = [(*(event.get(field.name) for field in columns), *position) for position, event in messages]
    return spark.createDataFrame(rows, schema.add("offset", LongType()))


def _firing(rules: Sequence[CompiledRule]) -> Column:
    """A map of rule id to message, of the rules whose condition is true."""
    entries = [
        f"CASE WHEN {rule.condition('spark')} THEN named_struct('rule_id', '{rule.rule.id}', "
        f"'message', {rule.message_sql('spark')}) END"
        for rule in rules
    ]
    typed = "CAST(array() AS array<struct<rule_id: string, message: string>>)"
    some = f"filter(array({', '.join(entries)}), entry -> entry IS NOT NULL)" if entries else typed
    return sf.expr(f"map_from_entries({some})")
