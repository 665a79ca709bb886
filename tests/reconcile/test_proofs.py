"""What the stream had taken in, found again from count and checksum, without engines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pytest

from rules.catalog import Rule
from rules.compiler import compile_rule
from rules.feature_plan import plan_features
from rules.window_oracle import feature_value
from spark_jobs.features.adding import GROUP
from spark_jobs.proofs.proving import prove
from spark_jobs.proofs.requests import ProofStep
from spark_jobs.proofs.routes import Layout, java_hash, murmur
from spark_jobs.reconciliation.proving import proof_steps
from spark_jobs.reconciliation.stream_history import StreamHistory, StreamRun
from tests.reconcile.literal_stream import LiteralStream
from tests.reconcile.windowed_rules import START_MS, transaction, windowed_catalog

Event = dict[str, Any]
COLUMNS = pa.schema(
    [
        ("event_id", pa.string()),
        ("event_type", pa.string()),
        ("event_time_ms", pa.int64()),
        ("user_id", pa.string()),
        ("card_id", pa.string()),
        ("merchant_id", pa.string()),
        ("amount_cents", pa.int64()),
        ("append_time_ms", pa.int64()),
        ("partition", pa.int32()),
        ("offset", pa.int64()),
        ("topic", pa.string()),
        ("is_repeat", pa.bool_()),
        ("requests", pa.string()),
        (GROUP, pa.string()),
    ]
)


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> tuple[Rule, ...]:
    return windowed_catalog(tmp_path_factory.mktemp("rules") / "catalog")


def step_of(rules: Sequence[Rule], key: str, *, starts: Sequence[dict[int, int]] = ()) -> ProofStep:
    runs = [
        StreamRun(f"r{number}", number, start, not number, frozenset(), (2, 128))
        for number, start in enumerate([{}, *starts])
    ]
    compiled = [compile_rule(rule) for rule in rules]
    steps = proof_steps(plan_features(rules), compiled, StreamHistory(runs), ())
    return next(step for step in steps if step.step.key == key)


def events_of(card: int, users: Sequence[int], times_s: Sequence[int], partition: int = 0) -> list[Event]:
    """Uses of one card in the order of the offsets of a partition."""
    return [
        transaction(number, START_MS + time_s * 1_000, user, card, number % 3, 500 + number)
        | {"partition": partition, "offset": number}
        for number, (user, time_s) in enumerate(zip(users, times_s, strict=True))
    ]


def proofs(
    step: ProofStep, events: Sequence[Event], alerts: Sequence[Event], missed: Sequence[Event] = ()
) -> dict[str, Any]:
    """alert_id -> the proof by the step's key."""
    asked: dict[str, list[dict[str, str]]] = {}
    for alert in alerts:
        request = json.dumps({"alert_id": alert["_id"], "document": alert})
        asked.setdefault(alert["event_id"], []).append({"rule": f"{alert['rule_id']}@1", "request": request})
    for event in missed:
        request = json.dumps({"alert_id": f"card_burst:{event['event_id']}", "document": None})
        asked.setdefault(event["event_id"], []).append({"rule": "card_burst@1", "request": request})
    rows = [
        {"is_repeat": False, "topic": "t", "append_time_ms": event["offset"]}
        | event
        | {GROUP: event[step.step.key]}
        | {"requests": json.dumps(asked[event["event_id"]]) if event["event_id"] in asked else None}
        for event in events
    ]
    order = [(name, "ascending") for name in (GROUP, "event_time_ms", "partition", "offset")]
    table = pa.Table.from_pylist(rows, COLUMNS).sort_by(order)
    return {row["alert_id"]: json.loads(row["proof"]) for row in prove(table, step).to_pylist()}


def played(rules: Sequence[Rule], events: Sequence[Event]) -> list[Event]:
    stream = LiteralStream([rule for rule in rules if rule.id == "card_burst"], "t")
    stream.plan = plan_features(rules)
    for event in events:
        stream.take(event)
    return stream.alerts


def test_what_was_taken_in_order_is_the_true_window(rules: tuple[Rule, ...]) -> None:
    events = events_of(1, [1] * 8, range(0, 80, 10))
    alerts = played(rules, events)
    found = proofs(step_of(rules, "card_id"), events, alerts)
    assert len(found) == len(alerts) == 5
    true: dict[str, Any] = {
        "unknown": None,
        "options": [{"causes": [], "bounded": False, "values": None}],
    }
    assert all(proof == true for proof in found.values())


def test_a_late_event_was_not_seen_and_the_values_are_those_without_it(rules: tuple[Rule, ...]) -> None:
    events = events_of(1, [1] * 8, [0, 10, 20, 30, 40, 50, 60, 25])
    alerts = played(rules, events)
    found = proofs(step_of(rules, "card_id"), events, alerts)
    burst = next(rule for rule in rules if rule.id == "card_burst")
    for alert in alerts[:4]:
        offset = alert["source"]["offset"]
        late = offset < 7 and events[offset]["event_time_ms"] >= events[7]["event_time_ms"]
        (option,) = found[alert["_id"]]["options"]
        assert option["causes"] == (["arrival_order"] if late else [])
        for name, feature in burst.features.items():
            value = feature_value(feature, events[offset], events[: offset + 1])
            assert not late or option["values"][feature.column] == value == alert["evidence"][name]


def test_events_that_another_task_still_held_back_are_found_by_the_checksum(rules: tuple[Rule, ...]) -> None:
    layout = Layout(2, 128)
    users = [next(user for user in range(50) if layout.task(f"u{user}") == task) for task in (0, 1)]
    events = events_of(1, [users[number % 2] for number in range(10)], range(0, 100, 10))
    held_back = [event for event in events if event["user_id"] == f"u{users[1]}"][2:]
    arrived = [event for event in events if event not in held_back] + held_back
    alerts = played(rules, arrived)
    found = proofs(step_of(rules, "card_id"), events, alerts)
    assert all(proof["unknown"] is None for proof in found.values())
    assert {tuple(proof["options"][0]["causes"]) for proof in found.values()} == {(), ("arrival_order",)}
    check_evidence(rules, alerts, found)


def check_evidence(rules: Sequence[Rule], alerts: Sequence[Event], found: dict[str, Any]) -> None:
    burst = next(rule for rule in rules if rule.id == "card_burst")
    for alert in alerts:
        values = found[alert["_id"]]["options"][0]["values"]
        if values is not None:
            assert {name: values[feature.column] for name, feature in burst.features.items()} == {
                name: alert["evidence"][name] for name in burst.features
            }


def test_a_repetition_that_was_taken_in_is_found(rules: tuple[Rule, ...]) -> None:
    events = events_of(1, [1] * 6, range(0, 60, 10))
    repeated = events[1] | {"offset": 50}
    later = [event | {"offset": 60 + number} for number, event in enumerate(events[4:])]
    alerts = played(rules, [*events[:4], repeated, *later])
    all_events = [*events[:4], *later]
    rows = [*all_events, repeated | {"is_repeat": True}]
    found = proofs(step_of(rules, "card_id"), rows, alerts[-1:])
    (proof,) = found.values()
    assert proof["unknown"] is None
    assert proof["options"][0]["causes"] == ["duplicate_state"]
    check_evidence(rules, alerts[-1:], found)


def repeated_uses(rules: tuple[Rule, ...], count: int) -> tuple[list[Event], list[Event], list[Event]]:
    """Eight uses of a card, of which the stream took in some twice: rows, alerts, what the stream took."""
    events = events_of(1, [1] * 8, range(0, 80, 10))
    repeats = [events[number] | {"offset": 50 + number} for number in range(count)]
    last = events[-1] | {"offset": 90}
    took = [*events[:7], *repeats, last]
    rows = [*events[:7], last, *(repeat | {"is_repeat": True} for repeat in repeats)]
    return rows, played(rules, took), took


@pytest.mark.parametrize("count", [2, 3, 5])
def test_any_number_of_repetitions_that_were_taken_in_is_found(rules: tuple[Rule, ...], count: int) -> None:
    rows, alerts, _ = repeated_uses(rules, count)
    found = proofs(step_of(rules, "card_id"), rows, alerts[-1:])
    (proof,) = found.values()
    assert proof["unknown"] is None
    assert proof["options"][0]["causes"] == ["duplicate_state"]
    check_evidence(rules, alerts[-1:], found)


def sent_again(rules: tuple[Rule, ...], users: Sequence[int], more: int) -> tuple[list[Event], list[Event]]:
    """Rows and what the stream took in: uses of a card, all sent again long after, then ``more`` uses.

    Each third was also repeated soon, and each fifth of those sent again, which the stream noticed.
    """
    events = events_of(1, users, range(0, 10 * len(users), 10))
    uses, last = events[:-more], events[-more:]
    soon = [event | {"offset": 1_000 + number} for number, event in enumerate(uses) if number % 3 == 0]
    again = [event | {"offset": 100_000 + number} for number, event in enumerate(uses)]
    soon += [event | {"offset": 100_500 + number} for number, event in enumerate(uses) if number % 5 == 0]
    rows = [*uses, *(repeat | {"is_repeat": True} for repeat in (*soon, *again))]
    ends = [event | {"offset": 200_000 + number} for number, event in enumerate(last)]
    return [*rows, *ends], [*uses, *again, *ends]


def test_a_stretch_of_the_topic_that_was_sent_again_is_found(rules: tuple[Rule, ...]) -> None:
    rows, took = sent_again(rules, [1] * 62, 2)
    alerts = played(rules, took)[-2:]
    assert [alert["event_id"] for alert in alerts] == [event["event_id"] for event in took[-2:]]
    found = proofs(step_of(rules, "card_id"), rows, alerts)
    for alert in alerts:
        assert found[alert["_id"]]["unknown"] is None
        assert found[alert["_id"]]["options"][0]["causes"] == ["duplicate_state"]
    check_evidence(rules, alerts, found)


def test_behind_a_stretch_that_was_sent_again_others_may_be_on_their_way(rules: tuple[Rule, ...]) -> None:
    layout = Layout(2, 128)
    users = [next(user for user in range(50) if layout.task(f"u{user}") == task) for task in (0, 1)]
    rows, took = sent_again(rules, [users[number % 2] for number in range(64)], 4)
    for held_back in ([took[-2]], [took[-4], took[-2]]):
        alert = played(rules, [event for event in took if event not in held_back])[-1]
        found = proofs(step_of(rules, "card_id"), rows, [alert])
        assert found[alert["_id"]]["unknown"] is None
        assert found[alert["_id"]]["options"][0]["causes"] == ["arrival_order", "duplicate_state"]
        check_evidence(rules, [alert], found)


def test_which_repetitions_an_alert_had_tells_what_later_ones_had(rules: tuple[Rule, ...]) -> None:
    """Every second one was taken in, which for the last alert alone would be one way among too many."""
    events = events_of(1, [1] * 80, range(0, 800, 10))
    topic = [(event, False) for event in events[:60]]
    for number, use in enumerate(events[60:]):
        topic += [(event, True) for event in events[3 * number : 3 * number + 3]]
        topic.append((use, False))
    rows = [event | {"offset": place, "is_repeat": again} for place, (event, again) in enumerate(topic)]
    took = [row for row in rows if not row["is_repeat"] or row["event_time_ms"] % 20_000]
    behind = {use["event_id"] for use in events[60:]}
    alerts = [alert for alert in played(rules, took) if alert["event_id"] in behind]
    assert len(alerts) == len(behind)
    found = proofs(step_of(rules, "card_id"), rows, alerts)
    assert all(found[alert["_id"]]["unknown"] is None for alert in alerts)
    check_evidence(rules, alerts, found)


def test_repetitions_that_are_in_no_count_are_tried(rules: tuple[Rule, ...]) -> None:
    rows, alerts, took = repeated_uses(rules, 2)
    alert = alerts[-1]
    alert["counted_from_ms"]["card_id"] = alert["event_time_ms"] + 1
    for counts in alert["seen_counts"]["card_id"].values():
        counts |= {"events": 0, "checksum": "0" * 16}
    (proof,) = proofs(step_of(rules, "card_id"), rows, [alert]).values()
    uses = next(rule for rule in rules if rule.id == "card_burst").features["uses"].column
    assert [(option["bounded"], option["causes"]) for option in proof["options"]] == [
        (False, []),
        *[(True, ["duplicate_state"])] * 3,
    ]
    assert {option["values"][uses] for option in proof["options"][1:]} == {len(took) - 1, len(took)}


def test_a_repetition_may_stand_where_others_were_on_their_way(rules: tuple[Rule, ...]) -> None:
    layout = Layout(2, 128)
    users = [next(user for user in range(50) if layout.task(f"u{user}") == task) for task in (0, 1)]
    events = events_of(1, [users[number % 2] for number in range(10)], range(0, 100, 10))
    held_back = [events[7], events[9]]
    repeat = events[2] | {"offset": 8, "event_time_ms": events[2]["event_time_ms"]}
    rows = [event for event in events if event["offset"] != 8] + [repeat | {"is_repeat": True}]
    last = events[6] | {"event_id": "last", "offset": 20, "event_time_ms": START_MS + 95_000}
    rows.append(last)
    took = [event for event in [*events[:8], repeat, last] if event not in held_back]
    alert = played(rules, took)[-1]
    assert alert["event_id"] == "last"
    found = proofs(step_of(rules, "card_id"), rows, [alert])
    assert found[alert["_id"]]["unknown"] is None
    assert found[alert["_id"]]["options"][0]["causes"] == ["arrival_order", "duplicate_state"]
    check_evidence(rules, [alert], found)


def test_an_event_of_another_partition_may_have_expired_what_an_absent_alert_needs(
    rules: tuple[Rule, ...],
) -> None:
    old = events_of(1, [1] * 6, range(0, 60, 10))
    newest = events_of(1, [2], [400 * 86_400], 1)[0] | {"event_id": "newest"}
    uses = next(rule for rule in rules if rule.id == "card_burst").features["uses"].column
    for appended_ms, causes in ((0, {(), ("expired_state",)}), (3_600_000, {()})):
        rows = [*old, newest | {"append_time_ms": appended_ms}]
        (proof,) = proofs(step_of(rules, "card_id"), rows, [], [old[5]]).values()
        assert {tuple(option["causes"]) for option in proof["options"]} == causes
        gone = [option for option in proof["options"] if option["causes"]]
        assert all(option["bounded"] for option in gone)
        assert not gone or min(option["values"][uses] for option in gone) == 1


def test_windows_that_began_with_a_start_of_the_stream_lack_what_it_skipped(rules: tuple[Rule, ...]) -> None:
    events = events_of(1, [1] * 9, range(0, 90, 10))
    alerts = played(rules, events[3:])
    found = proofs(step_of(rules, "card_id", starts=[{0: 3}]), events, alerts)
    assert {tuple(proof["options"][0]["causes"]) for proof in found.values()} == {("stream_gap",)}
    check_evidence(rules, alerts, found)


def test_without_such_a_start_the_key_had_been_forgotten(rules: tuple[Rule, ...]) -> None:
    events = events_of(1, [1] * 9, range(0, 90, 10))
    found = proofs(step_of(rules, "card_id"), events, played(rules, events[3:]))
    assert {tuple(proof["options"][0]["causes"]) for proof in found.values()} == {("expired_state",)}


def test_rows_that_were_gone_are_taken_off(rules: tuple[Rule, ...]) -> None:
    events = events_of(1, [1] * 8, range(0, 80, 10))
    alerts = played(rules, events)
    alerts[-1]["held_from_ms"]["card_id"] = {"transaction": events[2]["event_time_ms"]}
    proof = proofs(step_of(rules, "card_id"), events, alerts)[alerts[-1]["_id"]]
    assert proof["options"][0]["causes"] == ["expired_state"]
    uses = next(rule for rule in rules if rule.id == "card_burst").features["uses"].column
    assert proof["options"][0]["values"][uses] == 6


def test_an_absent_alert_within_a_task_has_one_order(rules: tuple[Rule, ...]) -> None:
    events = events_of(1, [1] * 6, [0, 10, 20, 50, 30, 40])
    proof = proofs(step_of(rules, "card_id"), events, [], [events[3]])["card_burst:t3"]
    (option,) = proof["options"]
    assert not option["bounded"]
    uses = next(rule for rule in rules if rule.id == "card_burst").features["uses"].column
    assert (option["causes"], option["values"][uses]) == (["arrival_order"], 4)


def test_across_partitions_several_orders_are_tried(rules: tuple[Rule, ...]) -> None:
    events = events_of(1, [1] * 4, [0, 10, 20, 30]) + [
        event | {"event_id": f"x{event['event_id']}"} for event in events_of(1, [2] * 3, [5, 15, 25], 1)
    ]
    proof = proofs(step_of(rules, "card_id"), events, [], [events[3]])["card_burst:t3"]
    assert all(option["bounded"] for option in proof["options"])
    assert len(proof["options"]) == 4


@pytest.mark.parametrize(
    ("key", "group_of_128", "task_of_7"),
    [("u1", 113, 2), ("c17", 2, 3), ("tandem", 110, 2), ("ключ-😀", 119, 1), ("merchant-000123", 73, 1)],
)
def test_tasks_are_those_that_flink_gives(key: str, group_of_128: int, task_of_7: int) -> None:
    """Told by KeyGroupRangeAssignment of Flink 2.2.1, the tasks for a greatest parallelism of 720."""
    assert murmur(java_hash(key)) % 128 == group_of_128
    assert Layout(7, 720).task(key) == task_of_7
