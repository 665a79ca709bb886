from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from typing import Any

import orjson
import pytest

from contract.parser import parse_message
from ingestion.broken import FAULTS
from ingestion.errors import OptionsError
from ingestion.messages import Message, stream_hash
from ingestion.mishaps import HORIZON
from ingestion.options import StreamOptions, default_users
from ingestion.stream import generate_stream
from tests.ingestion.conftest import PROJECT
from tests.ingestion.rule_oracle import STATELESS_RULES, tripped_rules

START_MS = 1_700_000_000_000
EVENTS = 30_000
CATALOG = frozenset(STATELESS_RULES)
NO_MISHAPS = {"duplicates": 0.0, "conflicts": 0.0, "disorder": 0.0, "late": 0.0, "broken": 0.0}


def options(events: int = EVENTS, **changes: Any) -> StreamOptions:
    given = {
        "events": events,
        "start_ms": START_MS,
        "users": default_users(events),
        "seed": 11,
        "broken": 0.01,
    }
    return StreamOptions(**{**given, **changes})


def generate(stream: StreamOptions) -> list[Message]:
    return [message for batch in generate_stream(stream, CATALOG) for message in batch]


@pytest.fixture(scope="module")
def messages() -> list[Message]:
    return generate(options())


def of_kind(messages: list[Message], kind: str) -> list[Message]:
    return [message for message in messages if message.kind == kind]


def time_ms(message: Message) -> int:
    return int(orjson.loads(message.value or b"")["event_time_ms"])


def hash_in_other_process(seed: int, hash_seed: str) -> str:
    code = (
        "from ingestion.messages import stream_hash; from ingestion.options import StreamOptions;"
        "from ingestion.stream import generate_stream;"
        f"o = StreamOptions(events=12_000, start_ms={START_MS}, users=300, seed={seed});"
        "print(stream_hash(generate_stream(o, frozenset())))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PROJECT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_the_same_seed_gives_the_same_bytes_in_other_processes() -> None:
    first = hash_in_other_process(seed=5, hash_seed="1")
    assert first == hash_in_other_process(seed=5, hash_seed="2")
    assert first != hash_in_other_process(seed=6, hash_seed="1")


def test_the_catalog_changes_no_byte() -> None:
    stream = options(2_000)
    assert stream_hash(generate_stream(stream, frozenset())) == stream_hash(generate_stream(stream, CATALOG))


def test_other_options_give_other_event_ids() -> None:
    assert options(seed=1).run_id != options(seed=2).run_id
    assert options(broken=0).run_id != options(broken=0.1).run_id


def test_events_counts_distinct_good_events(messages: list[Message]) -> None:
    good = of_kind(messages, "good")
    assert len(good) == EVENTS
    assert len({message.event_id for message in good}) == EVENTS


def test_every_good_event_is_accepted_by_the_contract(messages: list[Message]) -> None:
    now_ms = options().end_ms
    for message in of_kind(messages, "good"):
        parsed = parse_message(message.value, now_ms)
        assert parsed.reason is None, (message, parsed.detail)
        assert parsed.event_id == message.event_id
        assert parsed.values["event_type"] == message.event_type
        assert str(parsed.values["user_id"]).encode() == message.key


def test_no_good_event_lies_in_the_future_of_the_end(messages: list[Message]) -> None:
    times = [time_ms(message) for message in of_kind(messages, "good")]
    assert max(times) < options().end_ms
    assert options().end_ms - max(times) < options().span_ms / 100


def test_every_broken_message_gets_its_reason_from_the_contract(messages: list[Message]) -> None:
    broken = of_kind(messages, "broken")
    for message in broken:
        parsed = parse_message(message.value, options().end_ms)
        assert parsed.reason is not None, message.fault
        assert (message.fault, parsed.reason.value) == (message.fault, message.reason)
        assert parsed.event_id == message.event_id, message.fault
    assert {message.fault for message in broken} == set(FAULTS)


def test_duplicates_repeat_the_bytes_and_come_later(messages: list[Message]) -> None:
    first_at = {message.event_id: place for place, message in enumerate(messages) if message.kind == "good"}
    duplicates = [(place, message) for place, message in enumerate(messages) if message.kind == "duplicate"]
    for place, message in duplicates:
        first = messages[first_at[message.event_id]]
        assert first_at[message.event_id] < place
        assert (message.key, message.value) == (first.key, first.value)
    assert any(place - first_at[message.event_id] > 1_000 for place, message in duplicates)


def test_conflicts_are_valid_by_themselves_and_differ_in_content(messages: list[Message]) -> None:
    first_at = {message.event_id: place for place, message in enumerate(messages) if message.kind == "good"}
    conflicts = [(place, message) for place, message in enumerate(messages) if message.kind == "conflict"]
    assert conflicts
    for place, message in conflicts:
        first = messages[first_at[message.event_id]]
        one, other = (parse_message(m.value, options().end_ms) for m in (first, message))
        assert first_at[message.event_id] < place
        assert message.key == first.key
        assert other.reason is None
        assert one.content_hash != other.content_hash


@pytest.mark.parametrize(
    ("name", "kind"), [("duplicates", "duplicate"), ("conflicts", "conflict"), ("broken", "broken")]
)
def test_rates_hold_and_zero_turns_off(name: str, kind: str) -> None:
    share = 0.02
    some = generate(options(20_000, **{**NO_MISHAPS, name: share}))
    assert Counter(message.kind for message in some).keys() == {"good", kind}
    assert len(of_kind(some, kind)) == pytest.approx(20_000 * share, rel=0.25)


def test_without_disorder_and_late_events_the_stream_is_in_event_time_order() -> None:
    times = [time_ms(message) for message in generate(options(20_000, **NO_MISHAPS))]
    assert times == sorted(times)


def test_disorder_keeps_to_its_horizon() -> None:
    times = [time_ms(message) for message in generate(options(20_000, **{**NO_MISHAPS, "disorder": 0.05}))]
    order = sorted(range(len(times)), key=times.__getitem__)
    moved = [place - rank for rank, place in enumerate(order)]
    assert max(map(abs, moved)) <= HORIZON * 1.2
    assert sum(abs(m) > HORIZON / 2 for m in moved) == pytest.approx(20_000 * 0.05 * 0.5, rel=0.3)


def test_late_events_happened_hours_before() -> None:
    times = [time_ms(message) for message in generate(options(20_000, **{**NO_MISHAPS, "late": 0.02}))]
    newest = 0
    late = 0
    for time in times:
        newest = max(newest, time)
        late += newest - time >= 3_600_000
        assert newest - time <= 13 * 3_600_000
    assert late == pytest.approx(20_000 * 0.02, rel=0.25)


def test_normal_behaviour_trips_rules_seldom_but_does() -> None:
    normal = [m for m in generate(options(60_000, broken=0)) if m.kind == "good" and m.scenario is None]
    trips = Counter(rule for message in normal for rule in tripped_rules(orjson.loads(message.value or b"")))
    assert 0 < trips.total() < len(normal) * 0.001


def test_people_keep_their_habits() -> None:
    events = [orjson.loads(m.value or b"") for m in generate(options(40_000, **NO_MISHAPS, scenarios=0))]
    visits: dict[str, Counter[str]] = {}
    for event in events:
        if event.get("channel") == "pos" and "city" in event:
            visits.setdefault(event["user_id"], Counter())[event["city"]] += 1
    at_home = [max(cities.values()) / cities.total() for cities in visits.values() if cities.total() >= 10]
    assert len(at_home) > 100
    assert sum(share > 0.9 for share in at_home) > 0.85 * len(at_home)


def test_all_event_types_come_and_labels_follow_their_events(messages: list[Message]) -> None:
    good = [orjson.loads(message.value or b"") for message in of_kind(messages, "good")]
    assert {event["event_type"] for event in good} == {
        *("application", "transaction", "payment", "credit_usage", "label"),
    }
    by_id = {event["event_id"]: event for event in good}
    labels = [event for event in good if event["event_type"] == "label"]
    assert len(labels) > 100
    for label in labels:
        assert by_id[label["labelled_event_id"]]["event_time_ms"] <= label["event_time_ms"] + 13 * 3_600_000
        assert by_id[label["labelled_event_id"]]["user_id"] == label["user_id"]
    assert len({label["labelled_event_id"] for label in labels}) == len(labels)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"events": 10}, "--scenarios 0"),
        ({"users": 3}, "--users"),
        ({"broken": 0.9}, "--broken"),
        ({"events": 5_000, "scenarios": 500.0, "users": 1000}, "--users"),
        ({"seed": -1}, "--seed"),
    ],
)
def test_options_that_do_not_fit_are_named(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(OptionsError, match=named):
        generate(options(**changes))
