"""The planted scenarios against the windowed rules of the catalog, by the window oracle."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import orjson
import pytest

from ingestion.messages import Message
from ingestion.options import StreamOptions
from ingestion.scenario_table import SCENARIOS, catalog_rule_ids
from ingestion.stream import generate_stream
from rules.catalog import load_catalog
from tests.rules.judging import fired

KEYS = ("user_id", "card_id", "device_id", "merchant_id")
WINDOWED = {rule.id: rule for rule in load_catalog() if rule.features}
Event = dict[str, Any]
Planted = list[tuple[Message, Event]]
Groups = dict[tuple[str, str], list[Event]]

LONG = StreamOptions(events=20_000, start_ms=1_700_000_000_000, users=500, seed=3, scenarios=3)
SHORT = StreamOptions(events=2_000, start_ms=1_700_000_000_000, users=400, seed=3)


def play(options: StreamOptions) -> tuple[Planted, Groups]:
    """The planted events, and all good events by the values of their keys."""
    planted: Planted = []
    groups: Groups = defaultdict(list)
    messages = (message for batch in generate_stream(options, catalog_rule_ids()) for message in batch)
    for offset, message in enumerate(message for message in messages if message.kind == "good"):
        event = orjson.loads(message.value or b"") | {"partition": 0, "offset": offset}
        for key in KEYS:
            if event.get(key) is not None:
                groups[key, event[key]].append(event)
        if message.scenario:
            planted.append((message, event))
    return planted, groups


def related(event: Event, groups: Groups) -> list[Event]:
    """Every event that shares a key with this one."""
    found = (x for key in KEYS if event.get(key) is not None for x in groups[key, event[key]])
    return list({x["event_id"]: x for x in found}.values())


@pytest.mark.parametrize("options", [LONG, SHORT], ids=["long", "half a day more than the shortest"])
def test_planted_events_trip_the_windowed_rules_that_the_ledger_expects(options: StreamOptions) -> None:
    planted, groups = play(options)
    for message, event in planted:
        expected = set(message.expected_alerts) & set(WINDOWED)
        rules = [WINDOWED[rule_id] for rule_id in sorted(expected)]
        assert fired(rules, event, related(event, groups), {}) == expected, (message.scenario, message.step)


def test_every_scenario_but_the_one_of_a_single_event_is_seen_by_a_windowed_rule() -> None:
    seen = {
        scenario
        for scenario, steps in SCENARIOS.items()
        if any(set(step.alerts) & set(WINDOWED) for step in steps.values())
    }
    assert set(SCENARIOS) - seen == {"risky_application"}


def test_every_rule_that_a_scenario_names_stands_in_the_catalog() -> None:
    named = {rule for steps in SCENARIOS.values() for step in steps.values() for rule in step.alerts}
    assert named <= catalog_rule_ids()
