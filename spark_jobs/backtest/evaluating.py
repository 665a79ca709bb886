"""The events of a period with every column that the rules read: fields, features, facts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as sf

from rules.catalog import Rule
from rules.compiler import compile_rule
from rules.expressions import fields_of
from rules.fact_history import FactHistory
from rules.feature_plan import FeaturePlan, plan_features
from rules.features import Feature
from spark_jobs.backtest.outcomes import DAY_MS
from spark_jobs.facts import with_facts
from spark_jobs.features import with_features

COUNTED_COLUMNS = (
    *("event_id", "event_type", "event_time_ms", "user_id", "card_id"),
    *("currency", "amount_cents", "loan_amount_cents", "topic", "partition", "offset"),
)
"""What outcomes are counted by, and what orders the events of a key."""


def evaluable(events: DataFrame, rules: Sequence[Rule], days: range, facts: FactHistory) -> DataFrame:
    """Return the events of the days with the columns that the rules' conditions and modes read.

    Features see the events before the first day too, as far back as their windows go.
    """
    plan = plan_features(rules)
    first_ms, end_ms = days.start * DAY_MS, days.stop * DAY_MS
    oldest_ms = first_ms - plan.longest_window_ms
    needed = events.where(
        sf.col("event_date").between(_date(oldest_ms), _date(end_ms - 1))
        & sf.col("event_time_ms").between(oldest_ms, end_ms - 1)
        & sf.col("event_type").isin(*_event_types(rules, plan))
    )
    rows = needed.select(*needed_columns(rules, plan))
    if plan.features:
        rows = with_features(rows, plan)
    judged = sf.col("event_type").isin(*{rule.on for rule in rules})
    in_period = rows.where((sf.col("event_time_ms") >= first_ms) & judged)
    return with_facts(in_period, facts, [compile_rule(rule) for rule in rules])


def needed_columns(rules: Iterable[Rule], plan: FeaturePlan) -> list[str]:
    """Return the fields that conditions and features read, beside what outcomes are counted by."""
    read = [name for rule in rules for name in fields_of(rule.condition)]
    for feature in plan.features:
        read += _fields_of_feature(feature)
    return list(dict.fromkeys([*COUNTED_COLUMNS, *read]))


def _event_types(rules: Iterable[Rule], plan: FeaturePlan) -> list[str]:
    return sorted({rule.on for rule in rules} | {feature.source_type for feature in plan.features})


def _date(time_ms: int) -> Column:
    return sf.date_from_unix_date(sf.lit(time_ms // DAY_MS))


def _fields_of_feature(feature: Feature) -> list[str]:
    return [*feature.fields, *(fields_of(feature.filter) if feature.filter else ())]
