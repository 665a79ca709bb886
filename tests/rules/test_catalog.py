"""Each rule of the catalog: literal events that fire it and others that do not."""

from __future__ import annotations

from typing import Any

import pytest

from rules.catalog import Rule, load_catalog, rules_version
from rules.interpreter import fires
from tests.rules.judging import fired
from tests.rules.literal_events import LISTS, LITERAL_EVENTS, placed

Event = dict[str, Any]

CATALOG = {rule.id: rule for rule in load_catalog()}

LITERAL_ROWS: dict[str, tuple[Event, Event]] = {
    "risky_application": (
        {"loan_amount_cents": 1_500_001, "credit_score": 449},
        {"loan_amount_cents": 1_500_000, "credit_score": 449},
    ),
    "large_ecommerce_amount": (
        {"channel": "ecommerce", "amount_cents": 500_000},
        {"channel": "ecommerce", "amount_cents": 499_999},
    ),
    "large_atm_withdrawal": (
        {"channel": "atm", "amount_cents": 200_000},
        {"channel": "pos", "amount_cents": 200_000},
    ),
    "overdrawn_credit_line": (
        {"balance_cents": 100_001, "credit_limit_cents": 100_000},
        {"balance_cents": 100_000, "credit_limit_cents": 100_000},
    ),
    "severely_past_due": (
        {"status": "missed", "days_past_due": 90},
        {"status": "missed", "days_past_due": None},
    ),
    "unaffordable_loan": (
        {"annual_income_cents": 0, "loan_amount_cents": 1},
        {"annual_income_cents": None, "loan_amount_cents": 1},
    ),
}


def test_every_rule_of_the_catalog_has_literal_rows_here() -> None:
    assert {*LITERAL_ROWS, *LITERAL_EVENTS} == set(CATALOG)


@pytest.mark.parametrize("rule_id", LITERAL_ROWS)
def test_the_first_row_fires_the_rule_and_the_second_does_not(rule_id: str) -> None:
    fire, rest = LITERAL_ROWS[rule_id]
    assert fires(CATALOG[rule_id].condition, fire)
    assert not fires(CATALOG[rule_id].condition, rest)


@pytest.mark.parametrize("rule_id", LITERAL_EVENTS)
def test_the_first_history_fires_the_rule_and_the_second_does_not(rule_id: str) -> None:
    fire, rest = (placed(history, "literal") for history in LITERAL_EVENTS[rule_id])
    assert rule_id in fired(CATALOG.values(), fire[-1], fire, LISTS)
    assert rule_id not in fired(CATALOG.values(), rest[-1], rest, LISTS)


@pytest.mark.parametrize("rule_id", LITERAL_EVENTS)
def test_a_history_fires_the_rule_with_its_last_event_and_not_before(rule_id: str) -> None:
    fire = placed(LITERAL_EVENTS[rule_id][0], "literal")
    firing = [event for event in fire if rule_id in fired([CATALOG[rule_id]], event, fire, LISTS)]
    assert firing == fire[-1:]


def test_the_catalog_has_the_subjects_that_fraud_and_credit_teams_ask_for() -> None:
    windowed = [rule for rule in CATALOG.values() if rule.features]
    assert len(windowed) >= 15
    assert {rule.on for rule in windowed} == {"transaction", "application", "payment", "credit_usage"}


@pytest.mark.parametrize("rule", CATALOG.values(), ids=lambda rule: rule.id)
def test_every_rule_says_what_it_catches_and_where_it_comes_from(rule: Rule) -> None:
    assert len(rule.doc) > 20
    assert len(rule.source) > 20


def test_the_risky_application_is_the_one_that_was_asked_for() -> None:
    rule = CATALOG["risky_application"]
    assert (rule.version, rule.on, rule.severity, rule.message) == (
        1,
        "application",
        "high",
        "Risky transaction",
    )
    assert rule.when == "loan_amount_cents > 1500000 AND credit_score < 450"
    assert rule.evidence_fields == ("loan_amount_cents", "credit_score")


def test_the_version_of_the_rules_changes_with_any_of_them_and_not_with_their_order() -> None:
    rules = load_catalog()
    assert rules_version(rules) == rules_version(rules[::-1])
    assert rules_version(rules) != rules_version(rules[1:])
