"""A backtest in Spark against the definitions in plain Python, on random histories."""

from __future__ import annotations

from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as sf

from rules.catalog import Rule, load_catalog
from rules.fact_history import FactHistory
from rules.interpreter import fires
from spark_jobs.backtest.backtesting import backtest
from spark_jobs.backtest.lake_history import find_known_frauds, known_labels
from spark_jobs.backtest.outcomes import KnownFraud
from spark_jobs.backtest.question import BacktestError, LabelClock, Question
from spark_jobs.backtest.report_json import as_json
from spark_jobs.lake import lake_event_type
from tests.backtest.histories import ALERTING_RULES, DAY_MS, DAYS, FIRST_DAY, draw_history, rule_text
from tests.backtest.oracle import Oracle

pytestmark = pytest.mark.engines

TESTED = ("large", "risky_loan")
LIVE = ("abroad", "at_night")
NO_FACTS = FactHistory(())
LAST_DAY = FIRST_DAY + DAYS - 1


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rule]:
    folder = tmp_path_factory.mktemp("rules")
    for rule_id in ALERTING_RULES:
        (folder / f"{rule_id}.yaml").write_text(rule_text(rule_id))
    return {rule.id: rule for rule in load_catalog(folder)}


def table(spark: SparkSession, events: list[dict[str, Any]]) -> DataFrame:
    """The events as they stand in the lake."""
    columns = lake_event_type()
    rows = [tuple(event.get(name) for name in columns.names) for event in events]
    day = sf.to_date(sf.timestamp_millis("event_time_ms"))
    return spark.createDataFrame(rows, columns).withColumn("event_date", day)


def ask(rules: dict[str, Rule], **changes: Any) -> Question:
    return Question(tuple(rules[name] for name in TESTED), tuple(rules[name] for name in LIVE), **changes)


def oracle_of(events: list[dict[str, Any]], rules: dict[str, Rule], **changes: Any) -> Oracle:
    fired = {
        event["event_id"]: frozenset(
            rule.id
            for rule in rules.values()
            if rule.on == event["event_type"] and fires(rule.condition, event)
        )
        for event in events
    }
    newest = max(event[changes.get("clock", "event_time_ms")] for event in events)
    values: dict[str, Any] = {"first_day": FIRST_DAY, "last_day": LAST_DAY, "as_of_ms": newest} | changes
    return Oracle(events, fired, **values)


def assert_equal(found: dict[str, Any], oracle: Oracle) -> None:
    for rule in found["rules"]:
        on = ALERTING_RULES[rule["rule_id"]][0]
        expected = oracle.figures([rule["rule_id"]], [on]) | oracle.comparison(
            rule["rule_id"], on, TESTED, LIVE
        )
        assert {name: rule[name] for name in expected} == expected
    both = {"transaction", "application"}
    sets = {
        "tested rules together": (TESTED, both),
        "live rules": (LIVE, {"transaction"}),
        "live and tested rules": (TESTED + LIVE, both),
    }
    for name, (names, types) in sets.items():
        expected = oracle.figures(names, types)
        assert {key: found["sets"][name][key] for key in expected} == expected


def test_every_measure_is_what_its_definition_says(spark: SparkSession, rules: dict[str, Rule]) -> None:
    events = draw_history(seed=1, number=600)
    found = as_json(backtest(ask(rules), table(spark, events), NO_FACTS))
    assert_equal(found, oracle_of(events, rules))
    assert found["sets"]["tested rules together"]["caught"]["frauds"] > 20
    assert found["sets"]["live and tested rules"]["caught"]["unlabelled"] == 0


@pytest.mark.parametrize("clock", ["event_time", "append_time"])
def test_labels_count_only_when_they_had_arrived(
    spark: SparkSession, rules: dict[str, Rule], clock: LabelClock
) -> None:
    events = draw_history(seed=2, number=400)
    period: dict[str, Any] = {
        "first_day": FIRST_DAY + 3,
        "last_day": FIRST_DAY + 12,
        "as_of_ms": (FIRST_DAY + 14) * DAY_MS,
        "settled_days": 6,
    }
    found = as_json(backtest(ask(rules, label_clock=clock, **period), table(spark, events), NO_FACTS))
    assert_equal(found, oracle_of(events, rules, clock=f"{clock}_ms", **period))
    assert found["sets"]["live and tested rules"]["caught"]["unlabelled"] > 0


def test_a_card_is_known_from_the_day_that_its_fraud_label_arrives(spark: SparkSession) -> None:
    events = draw_history(seed=3, number=300)
    as_of_ms = (FIRST_DAY + 10) * DAY_MS
    rows = table(spark, events)
    found = find_known_frauds(rows, known_labels(rows, "event_time", as_of_ms))
    cards = {event["event_id"]: event["card_id"] for event in events if event["card_id"]}
    first: dict[str, int] = {}
    for event in events:
        named = event["labelled_event_id"]
        if event["is_fraud"] and event["event_time_ms"] <= as_of_ms and named in cards:
            first[named] = min(first.get(named, as_of_ms), event["event_time_ms"])
    assert set(found) == {KnownFraud(cards[named], ms // DAY_MS) for named, ms in first.items()}
    assert len(found) == len(set(found)) > 10


def test_a_lake_without_events_of_the_type_is_refused(spark: SparkSession, rules: dict[str, Rule]) -> None:
    events = [event for event in draw_history(seed=4, number=50) if event["event_type"] == "label"]
    with pytest.raises(BacktestError, match="the lake holds no event of type application or transaction"):
        backtest(ask(rules), table(spark, events), NO_FACTS)


def test_a_period_that_ends_before_it_begins_is_refused(spark: SparkSession, rules: dict[str, Rule]) -> None:
    rows = table(spark, draw_history(seed=5, number=50))
    with pytest.raises(BacktestError, match="first day is not after its last"):
        backtest(ask(rules, first_day=FIRST_DAY + 2, last_day=FIRST_DAY + 1), rows, NO_FACTS)
