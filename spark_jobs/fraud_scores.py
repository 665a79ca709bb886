"""Fraud scores of new transactions, from the lake's events that their windows touch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as sf

from risk_models.fraud_features import LOOKBACK_DAYS, NEVER_MS
from risk_models.fraud_history import CUSTOMER_FEATURES, customer_rows, score_terminals

BUCKETS_MIN = 8
NEW_ROWS_A_BUCKET = 20_000
SCHEMA = "transaction_id string, fraud_probability double, failure string"
CUSTOMER_SCHEMA = (
    "transaction_id string, merchant_id string, event_time_ms long, is_fraud int, known_ms long, "
    "is_new boolean, " + ", ".join(f"{name} double" for name in CUSTOMER_FEATURES)
)


def transactions_of(events: DataFrame, batch_ids: Sequence[str]) -> DataFrame:
    """Return one row per transaction; those of the landed runs ``batch_ids`` are new."""
    return events.where("event_type = 'transaction'").select(
        sf.col("event_id").alias("transaction_id"),
        *["user_id", "merchant_id", "event_time_ms", "amount_cents"],
        sf.col("batch_id").isin(*batch_ids).alias("is_new"),
    )


@dataclass(frozen=True)
class Extent:
    """How many transactions are new, and the days whose events have a part in their features."""

    new: int
    first_day: date
    last_day: date

    @property
    def buckets(self) -> int:
        """Parts that customers and terminals are dealt with in; a worker holds one at a time."""
        return BUCKETS_MIN + self.new // NEW_ROWS_A_BUCKET


def extent_of(new: DataFrame) -> Extent | None:
    """Return the extent of new transactions; None: there are none."""
    times = [sf.count("*"), sf.min("event_time_ms"), sf.max("event_time_ms")]
    count, first_ms, last_ms = new.agg(*times).collect()[0]
    return Extent(count, _day(first_ms) - timedelta(days=LOOKBACK_DAYS), _day(last_ms)) if count else None


def score_transactions(
    all_events: DataFrame, batch_ids: Sequence[str], extent: Extent, document: str
) -> DataFrame:
    """Return one row per new transaction: its probability of fraud by the model, or why it has none.

    Only rows of customers and terminals with a new transaction are looked at, and of the customers whose
    frauds at these terminals are known: what was usual for them says whether the terminal is to blame.
    """
    events = all_events.where(all_events.event_date.between(extent.first_day, extent.last_day))
    history = _with_labels(transactions_of(events, batch_ids), events)
    new = history.where("is_new")
    at_terminals = history.join(new.select("merchant_id").distinct(), "merchant_id", "left_semi").where(
        sf.col("known_ms") < NEVER_MS
    )
    customers = new.select("user_id").union(at_terminals.where("is_fraud = 1").select("user_id")).distinct()
    of_customers = history.join(customers, "user_id", "left_semi")
    found = of_customers.groupBy(_bucket("user_id", extent)).applyInPandas(customer_rows, CUSTOMER_SCHEMA)
    genuine = at_terminals.where("is_fraud = 0 AND NOT is_new").drop("user_id", "amount_cents")

    def score(rows: pd.DataFrame) -> pd.DataFrame:
        return score_terminals(document, rows)

    together = found.unionByName(genuine, allowMissingColumns=True)
    return together.groupBy(_bucket("merchant_id", extent)).applyInPandas(score, SCHEMA)


def _with_labels(transactions: DataFrame, events: DataFrame) -> DataFrame:
    """Put the first label of each transaction beside it: what was said later changes no feature."""
    order = ["event_time_ms", "append_time_ms", "partition", "offset"]
    labels = (
        events.where("event_type = 'label'")
        .groupBy(sf.col("labelled_event_id").alias("transaction_id"))
        .agg(sf.min(sf.struct(*order, "is_fraud")).alias("label"))
    )
    return transactions.join(labels, "transaction_id", "left").select(
        *transactions.columns,
        sf.coalesce(sf.col("label.is_fraud").cast("int"), sf.lit(0)).alias("is_fraud"),
        sf.coalesce(sf.col("label.event_time_ms"), sf.lit(NEVER_MS)).alias("known_ms"),
    )


def _bucket(key: str, extent: Extent) -> Column:
    return sf.pmod(sf.xxhash64(key), sf.lit(extent.buckets))


def _day(time_ms: int) -> date:
    return datetime.fromtimestamp(time_ms / 1000, tz=UTC).date()
