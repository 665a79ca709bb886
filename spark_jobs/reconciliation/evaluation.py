"""The batch's own evaluation of the rules over accepted events, in Spark SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as sf
from pyspark.sql.types import IntegerType, LongType, StringType

from contract.events import load_contract
from rules.compiler import CompiledRule
from rules.expressions import fields_of
from rules.feature_plan import FeaturePlan
from spark_jobs.reconciliation.model import Position
from spark_jobs.session import event_type

PLACE = ("topic", "partition", "offset")


def fields_read(rules: Sequence[CompiledRule], plan: FeaturePlan) -> list[str]:
    """The fields that rules and features read, in the order of the contract."""
    read = {"event_type", "event_time_ms", "user_id"}
    read.update(name for rule in rules for name in rule.evidence_fields)
    for feature in plan.features:
        read.update(feature.fields)
        read.update(fields_of(feature.filter) if feature.filter else ())
    return [field.name for field in load_contract().columns if field.name in read]


def evaluate(events: DataFrame, rules: Sequence[CompiledRule]) -> DataFrame:
    """Give the place of each event with the rules that fire on it.

    ``events`` have the columns that the rules read, and ``is_due``, which passes. A row is one event:
    ``firing`` (JSON of rule id to the alert's version and message) and ``evidence`` (JSON of each rule
    in force to what it reads).
    """
    return events.select(
        *PLACE,
        "event_time_ms",
        sf.to_json(_firing(rules)).alias("firing"),
        _evidence(rules).alias("evidence"),
        "is_due",
    )


def texts(events: DataFrame) -> DataFrame:
    """Give place, append time and id of each event, and ``event``: JSON of its fields that are not null."""
    names = [field.name for field in load_contract().columns]
    return events.select(*PLACE, "append_time_ms", "event_id", sf.to_json(sf.struct(*names)).alias("event"))


def fires(rules: Sequence[CompiledRule]) -> Column:
    """Whether a rule that is on fires."""
    conditions = [_raises(rule) for rule in rules]
    return sf.expr(" OR ".join(conditions) if conditions else "FALSE")


def _raises(rule: CompiledRule) -> str:
    return f"({rule.condition('spark')} AND {rule.mode('spark')} = 'on')"


def lies_in(topic: str, ranges: Mapping[int, tuple[int, int]]) -> Column:
    """Whether an event of a topic lies in the range of its partition, the range's end excluded."""
    in_ranges = sf.lit(False)
    for partition, (start, end) in ranges.items():
        place = (sf.col("partition") == partition) & (sf.col("offset") >= start) & (sf.col("offset") < end)
        in_ranges = in_ranges | place
    return (sf.col("topic") == topic) & in_ranges


def to_events(spark: SparkSession, messages: Iterable[tuple[Position, int, Mapping[str, Any]]]) -> DataFrame:
    """Make a table of events that were parsed outside Spark, from places, append times and fields."""
    columns = load_contract().columns
    schema = event_type().add("topic", StringType()).add("partition", IntegerType())
    schema = schema.add("offset", LongType()).add("append_time_ms", LongType())
    rows = [
        (*(event.get(field.name) for field in columns), *position, append_time_ms)
        for position, append_time_ms, event in messages
    ]
    return spark.createDataFrame(rows, schema).withColumn("is_due", sf.lit(False))


def _firing(rules: Sequence[CompiledRule]) -> Column:
    """A map of rule id to version and message, of the rules whose condition is true."""
    entries = [
        f"CASE WHEN {_raises(rule)} THEN named_struct('rule_id', '{rule.rule.id}', 'fired', "
        f"named_struct('version', {rule.rule.version}, 'message', {rule.message_sql('spark')})) END"
        for rule in rules
    ]
    typed = "CAST(array() AS array<struct<rule_id: string, fired: struct<version: int, message: string>>>)"
    some = f"filter(array({', '.join(entries)}), entry -> entry IS NOT NULL)" if entries else typed
    return sf.expr(f"map_from_entries({some})")


def _evidence(rules: Sequence[CompiledRule]) -> Column:
    """JSON of rule id to JSON of what the rule reads, of the version that is in force for the event."""
    by_rule: dict[str, list[str]] = {}
    for rule in rules:
        members = ", ".join(f"'{name}', {sql}" for name, sql in rule.evidence("spark").items())
        guard = f"CASE WHEN {in_force(rule)} THEN to_json(named_struct({members})) END"
        by_rule.setdefault(rule.rule.id, []).append(guard)
    entries = [f"'{rule_id}', coalesce({', '.join(texts)})" for rule_id, texts in by_rule.items()]
    return sf.to_json(sf.expr(f"named_struct({', '.join(entries)})")) if entries else sf.lit("{}")


def in_force(rule: CompiledRule) -> str:
    """Whether this version of a rule is in force for an event of the type that it is on."""
    parts = [f"event_type = '{rule.rule.on}'"]
    if rule.from_event_time_ms is not None:
        parts.append(f"event_time_ms >= {rule.from_event_time_ms}L")
    if rule.until_event_time_ms is not None:
        parts.append(f"event_time_ms < {rule.until_event_time_ms}L")
    return f"({' AND '.join(parts)})"
