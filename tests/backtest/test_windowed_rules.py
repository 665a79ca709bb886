"""Windowed rules, dated facts and trials in a backtest, against windows and facts in plain Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from contract.settings import Settings
from rules.catalog import Rule, load_rule
from rules.fact_history import FactHistory, StoredFact
from rules.facts import Fact, ListEntry, RuleMode, Statement
from rules.interpreter import fires
from rules.window_oracle import with_features
from spark_jobs.backtest.backtesting import backtest
from spark_jobs.backtest.known_facts import known_facts, parse_trial
from spark_jobs.backtest.question import Question
from spark_jobs.backtest.report_json import as_json
from tests.backtest.histories import DAY_MS, DAYS, FIRST_DAY, WINDOWED_RULE, draw_history, rule_text
from tests.backtest.oracle import Oracle
from tests.backtest.test_lake_backtest import table

pytestmark = pytest.mark.engines

TRUSTED_FROM_DAY, OFF_FROM_DAY = FIRST_DAY + 8, FIRST_DAY + 14


def fact(number: int, statement: Statement, from_day: int) -> StoredFact:
    said = Fact(f"fact-{number}", statement, from_day * DAY_MS, None, "ana", from_day * DAY_MS)
    return StoredFact(number, said)


FACTS = FactHistory(
    (
        fact(0, ListEntry("trusted", "merchant-2", True), TRUSTED_FROM_DAY),
        fact(1, RuleMode("large", "off"), OFF_FROM_DAY),
        fact(2, RuleMode("spree", "off"), FIRST_DAY),
    )
)


@pytest.fixture
def spree(tmp_path: Path) -> Rule:
    return written(tmp_path, "spree", WINDOWED_RULE)


@pytest.fixture
def large(tmp_path: Path) -> Rule:
    return written(tmp_path, "large", rule_text("large"))


def written(folder: Path, rule_id: str, text: str) -> Rule:
    (folder / f"{rule_id}.yaml").write_text(text)
    return load_rule(folder / f"{rule_id}.yaml")


def fired_on(
    event: dict[str, Any], spree: Rule, large: Rule, events: list[dict[str, Any]], uses: int
) -> set[str]:
    if event["event_type"] != "transaction":
        return set()
    trusted = event["merchant_id"] == "merchant-2" and event["event_time_ms"] >= TRUSTED_FROM_DAY * DAY_MS
    in_force = {"parameter.spree.least_uses": uses, "listed.trusted.merchant_id": trusted}
    seen = with_features(event, spree.features.values(), events) | in_force
    live = event["event_time_ms"] < OFF_FROM_DAY * DAY_MS and fires(large.condition, event)
    return {*(["spree"] if fires(spree.condition, seen) else []), *(["large"] if live else [])}


@pytest.mark.parametrize(("trials", "uses"), [([], 2), (["spree.least_uses=3"], 3)])
def test_windows_reach_before_the_period_and_facts_hold_from_their_dates(
    spark: SparkSession, spree: Rule, large: Rule, trials: list[str], uses: int
) -> None:
    events = draw_history(seed=7, number=350)
    question = Question((spree,), (large,), first_day=FIRST_DAY + 6)
    tried = known_facts(
        Settings(kafka_bootstrap_servers=None), None, [parse_trial(text, [spree]) for text in trials]
    )
    facts = FactHistory(
        (*FACTS.stored, *(StoredFact(9 + entry.offset, entry.fact) for entry in tried.stored))
    )
    found = as_json(backtest(question, table(spark, events), facts))
    fired = {e["event_id"]: frozenset(fired_on(e, spree, large, events, uses)) for e in events}
    newest = max(event["event_time_ms"] for event in events)
    last_day = max(e["event_time_ms"] for e in events if e["event_type"] == "transaction") // DAY_MS
    oracle = Oracle(events, fired, FIRST_DAY + 6, last_day, newest)
    expected = oracle.figures(["spree"], ["transaction"]) | oracle.comparison(
        "spree", "transaction", ["spree"], ["large"]
    )
    assert {name: found["rules"][0][name] for name in expected} == expected
    assert last_day == FIRST_DAY + DAYS - 1
    assert found["rules"][0]["alerts"] > 10
    assert found["rules"][0]["shared_with_live"] > 0
    assert found["sets"]["live rules"]["alerts"] > 0
