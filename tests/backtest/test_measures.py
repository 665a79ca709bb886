"""Measures of rules on literal outcomes."""

from __future__ import annotations

import pytest

from spark_jobs.backtest.measures import Caught, measure, overlap
from spark_jobs.backtest.outcomes import Label, Outcome, RuleSet, Tally, tally

TRANSACTIONS = frozenset({"transaction"})


def outcome(
    day: int,
    fired: set[int],
    label: Label,
    events: int = 1,
    amount_cents: int = 100,
    currency: str = "EUR",
    event_type: str = "transaction",
) -> Outcome:
    return Outcome(day, event_type, "card-1", frozenset(fired), label, currency, events, amount_cents)


def rules(*positions: int, event_types: frozenset[str] = TRANSACTIONS) -> RuleSet:
    return RuleSet("rules", frozenset(positions), event_types)


@pytest.fixture
def counted() -> Tally:
    return tally(
        10,
        13,
        [
            outcome(10, {0}, "fraud", events=3, amount_cents=700),
            outcome(10, {0, 1}, "fraud", events=1, amount_cents=50),
            outcome(11, {0}, "genuine", events=4, amount_cents=90),
            outcome(11, {0}, "unlabelled", events=2),
            outcome(11, {1}, "genuine", events=5, amount_cents=1, currency="USD"),
            outcome(13, set(), "fraud", events=4, amount_cents=1000),
            outcome(13, set(), "genuine", events=900),
            outcome(13, set(), "fraud", events=7, event_type="application"),
        ],
    )


def test_precision_is_of_the_events_whose_label_is_known(counted: Tally) -> None:
    assert measure(rules(0), counted).caught.precision == 4 / 8
    assert measure(rules(1), counted).caught.precision == 1 / 6


def test_precision_of_several_rules_counts_an_event_once(counted: Tally) -> None:
    assert measure(rules(0, 1), counted).caught.precision == 4 / 13


def test_recall_is_of_the_known_frauds_of_the_types_that_the_rules_read(counted: Tally) -> None:
    assert measure(rules(0), counted).recall == 4 / 8
    both = frozenset({"transaction", "application"})
    assert measure(rules(0, event_types=both), counted).recall == 4 / 15


def test_alerts_are_one_a_rule_and_event_and_quiet_days_count(counted: Tally) -> None:
    figures = measure(rules(0, 1), counted)
    assert figures.alerts_by_day == (5, 11, 0, 0)
    assert figures.alerts_a_day == 4.0
    assert figures.frauds_by_day == (4, 0, 0, 0)


def test_amounts_are_summed_by_currency(counted: Tally) -> None:
    caught = measure(rules(0, 1), counted).caught
    assert caught.fraud_cents == {"EUR": 750}
    assert caught.genuine_cents == {"EUR": 90, "USD": 1}


def test_nothing_is_said_where_nothing_is_known() -> None:
    figures = measure(rules(0), tally(1, 1, [outcome(1, {0}, "unlabelled")]))
    assert (figures.caught.precision, figures.recall, figures.precision_interval) == (None, None, None)


def test_the_interval_of_the_precision_is_wilsons() -> None:
    counted = tally(1, 1, [outcome(1, {0}, "fraud", events=8), outcome(1, {0}, "genuine", events=2)])
    assert measure(rules(0), counted).precision_interval == pytest.approx((0.4902, 0.9433), abs=1e-4)


def test_a_rule_is_compared_with_live_rules_and_with_the_other_tested_ones() -> None:
    counted = tally(
        1,
        1,
        [
            outcome(1, {0}, "fraud", events=2, amount_cents=30),
            outcome(1, {0}, "genuine", events=1, amount_cents=9),
            outcome(1, {0, 1}, "fraud", events=4),
            outcome(1, {0, 2}, "genuine", events=8),
            outcome(1, {0, 2, 3}, "fraud", events=16),
            outcome(1, {3}, "fraud", events=32),
        ],
    )
    compared = overlap(0, frozenset({0, 1}), frozenset({2, 3}), counted)
    assert compared.shared_with_live == 24
    assert compared.shared_by_rule == {2: 24, 3: 16}
    assert compared.alone == Caught(2, 1, 0, {"EUR": 30}, {"EUR": 9})
