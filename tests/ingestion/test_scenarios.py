from __future__ import annotations

from collections import defaultdict
from typing import Any

import orjson
import pytest

from ingestion.messages import Message
from ingestion.options import DAY_MS, StreamOptions
from ingestion.scenario_table import SCENARIOS, expected_alerts
from ingestion.stream import generate_stream
from tests.ingestion.rule_oracle import STATELESS_RULES, tripped_rules

OPTIONS = StreamOptions(events=20_000, start_ms=1_700_000_000_000, users=500, seed=3, scenarios=3)
SHORT = StreamOptions(events=2_000, start_ms=1_700_000_000_000, users=400, seed=3)
Planted = list[tuple[Message, dict[str, Any]]]


def planted(options: StreamOptions) -> Planted:
    batches = generate_stream(options, frozenset(STATELESS_RULES))
    return [
        (message, orjson.loads(message.value or b""))
        for batch in batches
        for message in batch
        if message.scenario and message.kind == "good"
    ]


@pytest.fixture(scope="module")
def events() -> Planted:
    return planted(OPTIONS)


def by_user(events: Planted, scenario: str) -> list[Planted]:
    users: dict[str, Planted] = defaultdict(list)
    for message, event in events:
        if message.scenario == scenario and event["event_type"] != "label":
            users[event["user_id"]].append((message, event))
    return list(users.values())


@pytest.mark.parametrize("options", [OPTIONS, SHORT], ids=["long", "half a day more than the shortest"])
def test_planted_events_trip_exactly_the_rules_that_the_ledger_expects(options: StreamOptions) -> None:
    for message, event in planted(options):
        assert tripped_rules(event) == set(message.expected_alerts), (message.scenario, message.step)


def test_each_stateless_rule_is_tripped_by_a_scenario(events: Planted) -> None:
    assert {rule for message, _ in events for rule in message.expected_alerts} == set(STATELESS_RULES)


def test_every_step_of_the_table_is_played_as_often_as_asked_for(events: Planted) -> None:
    played = {(message.scenario, message.step) for message, _ in events}
    assert played == {(scenario, step) for scenario, steps in SCENARIOS.items() for step in steps}
    assert len(by_user(events, "risky_application")) == 6
    assert len(by_user(events, "merchant_compromise")) == 6 * 4


def test_only_rules_of_the_catalog_are_expected() -> None:
    assert expected_alerts("stolen_card", "withdrawal", frozenset()) == ()
    assert expected_alerts("stolen_card", "withdrawal", frozenset({"card_burst"})) == ("card_burst",)


def test_steps_with_a_truth_are_labelled_later_and_the_others_are_not(events: Planted) -> None:
    labels = {event["labelled_event_id"]: event for _, event in events if event["event_type"] == "label"}
    for message, event in events:
        if event["event_type"] == "label":
            continue
        is_fraud = SCENARIOS[message.scenario or ""][message.step or ""].is_fraud
        label = labels.pop(event["event_id"], None)
        assert (label and label["is_fraud"]) == is_fraud
        assert label is None or label["event_time_ms"] > event["event_time_ms"]
    assert not labels


def test_a_stolen_card_is_used_more_than_five_times_in_ten_minutes(events: Planted) -> None:
    for uses in by_user(events, "stolen_card"):
        times = [event["event_time_ms"] for _, event in uses]
        assert len(uses) == 9
        assert max(times) - min(times) < 600_000
        for number, (message, _) in enumerate(uses):
            over = number + 1 > 5 and sum(event["amount_cents"] for _, event in uses[: number + 1]) > 500_000
            assert over == (message.step in {"burst", "withdrawal"})


def test_a_takeover_is_too_far_away_to_have_travelled(events: Planted) -> None:
    for steps in by_user(events, "account_takeover"):
        (_, home), (_, far), *_ = steps
        hours = (far["event_time_ms"] - home["event_time_ms"]) / 3_600_000
        apart = abs(far["latitude"] - home["latitude"]) + abs(far["longitude"] - home["longitude"])
        assert hours <= 0.5
        assert apart > 15
        assert far["device_id"].startswith("new_")


def test_a_compromised_merchant_is_what_its_victims_share(events: Planted) -> None:
    visits = [event for message, event in events if message.step == "visit"]
    misuses = [
        event
        for message, event in events
        if message.step in {"misuse", "more_misuse"} and "amount_cents" in event
    ]
    assert {visit["card_id"] for visit in visits} == {misuse["card_id"] for misuse in misuses}
    sizes = [
        sum(v["merchant_id"] == merchant for v in visits) for merchant in {v["merchant_id"] for v in visits}
    ]
    assert all(size % 4 == 0 for size in sizes)


def test_card_testing_is_many_tiny_amounts_of_one_device(events: Planted) -> None:
    for steps in by_user(events, "card_testing"):
        probes = [event for message, event in steps if message.step in {"probe", "many_probes"}]
        assert len(probes) == 12
        assert all(probe["amount_cents"] < 200 for probe in probes)
        assert len({probe["device_id"] for probe in probes}) == 1


def test_scenarios_fit_into_the_stream(events: Planted) -> None:
    assert SHORT.span_ms < 2 * DAY_MS
    for options, played in ((OPTIONS, events), (SHORT, planted(SHORT))):
        times = [event["event_time_ms"] for _, event in played]
        assert options.start_ms <= min(times)
        assert max(times) < options.end_ms
