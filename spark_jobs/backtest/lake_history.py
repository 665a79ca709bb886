"""From the lake to counted outcomes: rules evaluated and labels looked up, in one pass of Spark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as sf

from spark_jobs.backtest.outcomes import DAY_MS, KnownFraud, Outcome
from spark_jobs.backtest.question import LabelClock

CLOCK_COLUMNS: dict[LabelClock, str] = {"event_time": "event_time_ms", "append_time": "append_time_ms"}
NO_CURRENCY = "?"


@dataclass(frozen=True)
class Extent:
    """What the lake holds: days of event time of some types, and the newest time of all events by a clock."""

    first_day: int
    last_day: int
    newest_ms: int


def find_extent(events: DataFrame, event_types: Sequence[str], clock: LabelClock) -> Extent | None:
    """Return how far the events of some types reach; None where there is none of them."""
    day = sf.when(sf.col("event_type").isin(*event_types), _day("event_time_ms"))
    row = events.agg(sf.min(day), sf.max(day), sf.max(CLOCK_COLUMNS[clock])).collect()[0]
    return None if row[0] is None else Extent(*row)


def known_labels(events: DataFrame, clock: LabelClock, as_of_ms: int) -> DataFrame:
    """Return one row per labelled event: the label in force among those that had arrived.

    Columns: ``labelled_event_id``, ``is_fraud``, and ``fraud_known_ms``, when a label first said fraud.
    """
    arrived_ms = sf.col(CLOCK_COLUMNS[clock])
    place = sf.struct("event_time_ms", "append_time_ms", "partition", "offset")
    arrived = events.where((sf.col("event_type") == "label") & (arrived_ms <= as_of_ms))
    return arrived.groupBy("labelled_event_id").agg(
        sf.max_by("is_fraud", place).alias("is_fraud"),
        sf.min(sf.when(sf.col("is_fraud"), arrived_ms)).alias("fraud_known_ms"),
    )


def find_known_frauds(events: DataFrame, labels: DataFrame) -> list[KnownFraud]:
    """Return each card and the days on which a fraud of it became known."""
    cards = events.where("card_id IS NOT NULL").select("event_id", "card_id")
    frauds = labels.where("fraud_known_ms IS NOT NULL")
    joined = cards.join(frauds, cards["event_id"] == frauds["labelled_event_id"])
    rows = joined.select("card_id", _day("fraud_known_ms").alias("day")).distinct()
    return [KnownFraud(**row) for row in rows.toArrow().to_pylist()]


def count_outcomes(
    events: DataFrame, labels: DataFrame, conditions: Sequence[str], settled_ms: int
) -> list[Outcome]:
    """Evaluate the conditions on events, look up their labels, and count those that are alike.

    Args:
        events: the events of the period, with every column that the conditions read.
        labels: as :func:`known_labels` gives them.
        conditions: Spark SQL, one a rule; a rule's position counts from 0.
        settled_ms: an event up to this time that has no label counts as genuine.
    """
    fired = ", ".join(f"CASE WHEN {condition} THEN '{n}' END" for n, condition in enumerate(conditions))
    known = labels.select(
        sf.col("labelled_event_id").alias("known_event_id"), sf.col("is_fraud").alias("is_fraud_known")
    )
    judged = (
        events.withColumn("fired", sf.expr(f"concat_ws(',', {fired})"))
        .join(known, sf.col("event_id") == sf.col("known_event_id"), "left")
        .withColumn("label", _label(settled_ms))
    )
    noted = (sf.col("fired") != "") | (sf.col("label") == "fraud")
    rows = judged.groupBy(
        _day("event_time_ms").alias("day"),
        "event_type",
        sf.when(noted, sf.col("card_id")).alias("card_id"),
        "fired",
        "label",
        sf.coalesce("currency", sf.lit(NO_CURRENCY)).alias("currency"),
    ).agg(sf.count("*").alias("events"), sf.sum(_amount()).alias("amount_cents"))
    return [_outcome(row) for row in rows.toArrow().to_pylist()]


def _outcome(row: dict[str, object]) -> Outcome:
    fired = str(row.pop("fired"))
    positions = frozenset(map(int, fired.split(","))) if fired else frozenset()
    return Outcome(**row, fired=positions)  # type: ignore[arg-type]


def _day(time_ms: str) -> Column:
    return sf.floor(sf.col(time_ms) / sf.lit(DAY_MS)).cast("long")


def _label(settled_ms: int) -> Column:
    settled = sf.col("event_time_ms") <= settled_ms
    return (
        sf.when(sf.col("is_fraud_known"), "fraud")
        .when(sf.col("is_fraud_known").isNotNull() | settled, "genuine")
        .otherwise("unlabelled")
    )


def _amount() -> Column:
    """What an event is about, in minor units: of transactions and applications only."""
    return (
        sf.when(sf.col("event_type") == "transaction", sf.col("amount_cents"))
        .when(sf.col("event_type") == "application", sf.col("loan_amount_cents"))
        .otherwise(0)
    )
