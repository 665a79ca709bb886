"""Windowed rules on real engines: agreement, proven differences, and sabotage."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from typing import Any

import pytest

from rules.dialects import SparkDialect
from rules.interpreter import fires
from rules.window_oracle import feature_value, with_features
from spark_jobs.features import rows
from spark_jobs.proofs.routes import Layout
from spark_jobs.reconciliation.reconciling import UnexplainedError
from tests.reconcile.literal_stream import LiteralStream
from tests.reconcile.platform import PARTITIONS, Platform
from tests.reconcile.windowed_rules import transactions, windowed_catalog

pytestmark = pytest.mark.engines

LAYOUT: dict[str, Any] = {"parallelism": 2, "max_parallelism": 128}
Event = dict[str, Any]


@pytest.fixture
def windowed(platform: Platform) -> Platform:
    platform.rules = windowed_catalog(platform.folder / "windowed")
    return platform


def send(platform: Platform, events: list[Event]) -> list[Event]:
    """Send each event to the partition of its user; give them with their places."""
    placed = []
    for partition in range(PARTITIONS):
        of_partition = [event for event in events if int(event["user_id"][1:]) % PARTITIONS == partition]
        offsets = platform.send(of_partition, partition)
        placed += [
            event | {"partition": partition, "offset": at}
            for event, at in zip(of_partition, offsets, strict=True)
        ]
    order = {event["event_id"]: place for place, event in enumerate(events)}
    return sorted(placed, key=lambda event: order[event["event_id"]])


def play(platform: Platform, events: list[Event]) -> LiteralStream:
    """The stream takes the events in as given."""
    stream = LiteralStream(platform.rules, platform.settings.kafka_topic)
    for event in events:
        stream.take(event)
    return stream


def deliver(platform: Platform, alerts: list[Event]) -> None:
    platform.record_run(**LAYOUT)
    platform.send_alerts(alerts)
    platform.commit()
    platform.land()


def by_route(events: list[Event], seed: int) -> list[Event]:
    """Another order of arrival that keeps the order of each partition along each task of the users."""
    layout, draw = Layout(2, 128), random.Random(seed)
    queues: dict[tuple[int, int], list[Event]] = {}
    for event in events:
        queues.setdefault((event["partition"], layout.task(event["user_id"])), []).append(event)
    mixed = []
    while queues:
        route = draw.choice(list(queues))
        mixed.append(queues[route].pop(0))
        if not queues[route]:
            del queues[route]
    return mixed


def test_in_order_everything_is_confirmed_and_bugs_of_the_batch_are_unexplained_until_they_are_mended(
    windowed: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = play(windowed, send(windowed, transactions(1, 150)))
    assert len(stream.alerts) > 20
    assert len({alert["rule_id"] for alert in stream.alerts}) == 3
    deliver(windowed, stream.alerts)
    with monkeypatch.context() as bug:
        bug.setattr(SparkDialect, "integer", lambda _, value: f"{value + 1}L")
        with pytest.raises(UnexplainedError):
            windowed.reconcile()
    count = rows.Windows.count
    with monkeypatch.context() as bug:
        bug.setattr(rows.Windows, "count", lambda self, members: count(self, members) + 1)
        with pytest.raises(UnexplainedError):
            windowed.reconcile()
    windowed.reconcile()
    assert windowed.verdicts() == {alert["_id"]: ("confirmed", None) for alert in stream.alerts}


def test_disorder_between_tasks_and_late_events_are_proven_differences(windowed: Platform) -> None:
    placed = send(windowed, transactions(2, 150, late_share=0.2))
    stream = play(windowed, by_route(placed, 2))
    deliver(windowed, stream.alerts)
    found = windowed.reconcile()
    assert found.tally.unexplained_count == 0, found.tally.unexplained
    reasons = set(windowed.verdicts().values())
    assert {("confirmed", None), ("confirmed", "arrival_order"), ("missed", "arrival_order")} <= reasons
    stands = {name for name, (verdict, _) in windowed.verdicts().items() if verdict != "retracted"}
    assert stands == true_alerts(windowed, placed)
    check_values(windowed, placed)


def true_alerts(platform: Platform, placed: list[Event]) -> set[str]:
    """The alerts on the true windows, by the plain list."""
    return {
        f"{rule.id}:{event['event_id']}"
        for rule in platform.rules
        for event in placed
        if fires(rule.condition, with_features(event, rule.features.values(), placed))
    }


def check_values(platform: Platform, placed: list[Event]) -> None:
    """What the batch inserted itself has the values of the true windows."""
    rules = {rule.id: rule for rule in platform.rules}
    events = {event["event_id"]: event for event in placed}
    inserted = platform.rows("SELECT document FROM warehouse.missed_alerts")
    assert inserted
    for (document,) in inserted:
        rule, event = rules[document["rule_id"]], events[document["event_id"]]
        for name, feature in rule.features.items():
            assert document["evidence"][name] == feature_value(feature, event, placed)


def test_a_late_event_that_lands_later_has_the_old_alerts_judged_again(windowed: Platform) -> None:
    events = transactions(3, 80)
    late = events.pop(40)
    placed = send(windowed, events)
    stream = play(windowed, placed)
    deliver(windowed, stream.alerts)
    windowed.reconcile()
    before = windowed.verdicts()
    assert set(before.values()) == {("confirmed", None)}
    (late_placed,) = send(windowed, [late])
    known = len(stream.alerts)
    stream.take(late_placed)
    windowed.send_alerts(stream.alerts[known:])
    windowed.commit()
    windowed.land()
    found = windowed.reconcile()
    assert found.gathered.events_judged == 1
    assert found.tally.unexplained_count == 0
    after = windowed.verdicts()
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed
    assert {reason for name in changed if name in before for reason in [after[name][1]]} == {"arrival_order"}


def wrong_sum(alert: Event) -> None:
    alert["evidence"]["spent"] += 1


def lost_row(alert: Event) -> None:
    alert["evidence"]["uses"] -= 1


def wrong_seen(alert: Event) -> None:
    partition = str(alert["source"]["partition"])
    alert["seen_counts"]["card_id"][partition]["checksum"] = "00000000deadbeef"


def seen_of_too_few(alert: Event) -> None:
    partition = str(alert["source"]["partition"])
    alert["seen_counts"]["card_id"][partition]["events"] -= 1


def nothing_seen(alert: Event) -> None:
    del alert["seen_counts"]


def seen_that_goes_on(alert: Event) -> None:
    partition = str(alert["source"]["partition"])
    alert["seen"]["card_id"][partition] += 1_000


Bend = Callable[[Event], None]


def test_a_bug_of_the_operator_is_unexplained(windowed: Platform) -> None:
    stream = play(windowed, send(windowed, transactions(4, 120)))
    bends: list[Bend] = [wrong_sum, lost_row, wrong_seen, seen_of_too_few, nothing_seen, seen_that_goes_on]
    of_cards = [alert for alert in stream.alerts if alert["rule_id"] == "card_burst"]
    bent = [copy.deepcopy(alert) for alert in of_cards[: len(bends)]]
    assert len(bent) == len(bends)
    for alert, bend in zip(bent, bends, strict=True):
        bend(alert)
    lost = of_cards[-1]
    good = [alert for alert in stream.alerts if alert["_id"] not in {alert["_id"] for alert in [*bent, lost]}]
    deliver(windowed, [*good, *bent])
    with pytest.raises(UnexplainedError):
        windowed.reconcile()
    verdicts = windowed.verdicts()
    unexplained = {name for name, (_, reason) in verdicts.items() if reason == "unexplained"}
    assert unexplained == {alert["_id"] for alert in bent} | {lost["_id"]}
    assert verdicts[lost["_id"]] == ("missed", "unexplained")
