"""What was in force at each event's time, as the columns that compiled rules read in Spark."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as sf

from rules.compiler import CompiledRule
from rules.dialects import SparkDialect
from rules.expressions import Listed, ParameterValue, RiskLevelValue, mode_column
from rules.fact_history import FactHistory, Span
from rules.facts import ListEntry, ParameterValueSet, RuleMode, UserRiskLevel

DIALECT = SparkDialect()
TIME = DIALECT.column("event_time_ms")


def with_facts(
    events: DataFrame, history: FactHistory, rules: Sequence[CompiledRule], facts_offset: int | None = None
) -> DataFrame:
    """Return the events with the columns of parameters, lists and modes as of ``event_time_ms``.

    Args:
        events: with the contract's columns; a row stays one row.
        history: every fact.
        rules: whose columns are wanted.
        facts_offset: the last fact that counts; None: all.
    """
    known = history.up_to(facts_offset)
    columns = {
        **{value.column: _parameter(known, entries) for value, entries in _parameters(rules).items()},
        **{mode_column(rule.rule.id): _mode(known, rule.rule.id) for rule in rules},
    }
    with_columns = events.select("*", *(column.alias(name) for name, column in columns.items()))
    for listed in dict.fromkeys(listed for rule in rules for listed in rule.listed):
        with_columns = _with_listed(with_columns, known, listed)
    if any(rule.reads_risk_level for rule in rules):
        with_columns = _with_risk_level(with_columns, known)
    return with_columns


def _parameters(
    rules: Sequence[CompiledRule],
) -> dict[ParameterValue, list[tuple[CompiledRule, ParameterValue]]]:
    """Each column once, with the versions of the rule that read it and the range that each gives it."""
    found: dict[str, list[tuple[CompiledRule, ParameterValue]]] = {}
    for rule in rules:
        for value in rule.parameters:
            found.setdefault(value.column, []).append((rule, value))
    return {entries[0][1]: entries for entries in found.values()}


def _parameter(history: FactHistory, entries: Iterable[tuple[CompiledRule, ParameterValue]]) -> Column:
    """Versions of one rule hold for event times apart, so one column serves all of them."""
    branches = [(_during(rule), _value_sql(history, value)) for rule, value in entries]
    *some, (_, last) = branches
    cases = " ".join(f"WHEN {times} THEN {value}" for times, value in some)
    return sf.expr(f"CASE {cases} ELSE {last} END" if cases else last)


def _during(rule: CompiledRule) -> str:
    return _between(rule.from_event_time_ms, rule.until_event_time_ms)


def _value_sql(history: FactHistory, value: ParameterValue) -> str:
    spans = history.fitting_spans(value)
    branches = [
        (span, DIALECT.constant(_as_type(statement.value, value)))
        for span in spans
        if isinstance(statement := span.stored.fact.statement, ParameterValueSet)
    ]
    return _by_time(branches, DIALECT.constant(value.default))


def _as_type(said: int | float, value: ParameterValue) -> int | float:
    return int(said) if value.type == "integer" else float(said)


def _mode(history: FactHistory, rule_id: str) -> Column:
    branches = [
        (span, DIALECT.text(statement.mode))
        for span in history.spans(("rule_mode", rule_id))
        if isinstance(statement := span.stored.fact.statement, RuleMode)
    ]
    return sf.expr(_by_time(branches, DIALECT.text("on")))


def _with_listed(events: DataFrame, history: FactHistory, listed: Listed) -> DataFrame:
    """Join the times for which each value is on the list; those of one value never overlap."""
    field = sf.col(DIALECT.column(listed.operand.name))
    times = [
        (statement.value, span.from_ms, span.until_ms)
        for subject in history.subjects("list_entry")
        if subject[1] == listed.list
        for span in history.spans(subject)
        if isinstance(statement := span.stored.fact.statement, ListEntry) and statement.listed
    ]
    if not times:
        return events.select("*", sf.when(field.isNotNull(), sf.lit(False)).alias(listed.column))
    schema = "listed_value string, listed_from_ms long, listed_until_ms long"
    entries = sf.broadcast(events.sparkSession.createDataFrame(times, schema))
    time = sf.col("event_time_ms")
    on_list = (
        (field == sf.col("listed_value"))
        & (time >= sf.col("listed_from_ms"))
        & (sf.col("listed_until_ms").isNull() | (time < sf.col("listed_until_ms")))
    )
    found = sf.when(field.isNotNull(), sf.col("listed_value").isNotNull()).alias(listed.column)
    return events.join(entries, on_list, "left").select("*", found).drop(*entries.columns)


def _with_risk_level(events: DataFrame, history: FactHistory) -> DataFrame:
    """Join the times for which each user has a risk level; those of one user never overlap."""
    times = [
        (statement.user_id, span.from_ms, span.until_ms, statement.level)
        for subject in history.subjects("user_risk_level")
        for span in history.spans(subject)
        if isinstance(statement := span.stored.fact.statement, UserRiskLevel)
    ]
    schema = "said_user string, said_from_ms long, said_until_ms long, said_level string"
    levels = events.sparkSession.createDataFrame(times, schema)
    time = sf.col("event_time_ms")
    in_force = (
        (sf.col("user_id") == sf.col("said_user"))
        & (time >= sf.col("said_from_ms"))
        & (sf.col("said_until_ms").isNull() | (time < sf.col("said_until_ms")))
    )
    level = sf.col("said_level").alias(RiskLevelValue().column)
    return events.join(levels, in_force, "left").select("*", level).drop(*levels.columns)


def _by_time(branches: Sequence[tuple[Span, str]], otherwise: str) -> str:
    cases = " ".join(f"WHEN {_between(span.from_ms, span.until_ms)} THEN {sql}" for span, sql in branches)
    return f"CASE {cases} ELSE {otherwise} END" if cases else otherwise


def _between(from_ms: int | None, until_ms: int | None) -> str:
    bounds = [] if from_ms is None else [f"{TIME} >= {DIALECT.integer(from_ms)}"]
    if until_ms is not None:
        bounds.append(f"{TIME} < {DIALECT.integer(until_ms)}")
    return " AND ".join(bounds) if bounds else "TRUE"
