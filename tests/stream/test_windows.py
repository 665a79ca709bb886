"""Rules with windows end to end: Kafka, Flink with two tasks, alerts; a task manager is killed on the way."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rules.catalog import Rule, load_catalog
from stack.environment import read_env
from stack.jobs import StreamJobs
from stack.platform import settings_of
from stack.processes import running
from storage.mongo import prepare
from storage.topics import create_topics
from tests.stacks import stack_beside
from tests.stream.stream import Stream, wait_until
from tests.stream.windowed_rules import RULES, accepted, events, evidence, expected_alerts, seen_events

pytestmark = [pytest.mark.engines, pytest.mark.faults, pytest.mark.timeout(600)]

COUNT = 6_000
OF_ONE_PARTITION = ("user_spree", "card_testing")


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    """A catalog of rules with windows alone."""
    for name, text in RULES.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    return tmp_path


@pytest.fixture
def windows(catalog: Path) -> Iterator[Stream]:
    """The stream jobs of that catalog on a stack of their own."""
    with stack_beside("windows") as stack:
        stack.up(("kafka", "mongo", "flink"))
        values = {**read_env(stack.folder.env), "RULE_CATALOG": str(catalog)}
        settings = settings_of(values)
        create_topics(settings)
        prepare(settings)
        started = StreamJobs(stack.folder, values)
        started.start(print)
        yield Stream(stack, started, settings, {})  # type: ignore[arg-type]


def test_every_alert_of_a_window_says_what_the_oracle_says_of_what_the_stream_had(
    windows: Stream, catalog: Path
) -> None:
    sent = events(COUNT, time.time_ns() // 1_000_000 - 7_200_000, seed=1)
    places: list[tuple[int, int]] = []
    for part in (sent[: COUNT // 2], sent[COUNT // 2 :]):
        if places:
            wait_until(lambda: bool(windows.raised("w1-")), 120, lambda: f"{windows.jobs.states()}")
            windows.keep_state()
            _kill_task_manager(windows)
        places += _send(windows, part)
    rules = {rule.id: rule for rule in load_catalog(catalog)}
    arrived = accepted(sent, places)
    expected = expected_alerts([rules[name] for name in OF_ONE_PARTITION], arrived)

    assert len(expected) > 100
    wait_until(lambda: expected.keys() <= _by_id(windows).keys(), 240, lambda: _state(windows, expected))
    found = _by_id(windows)

    own = {name: alert["evidence"] for name, alert in found.items() if alert["rule_id"] in OF_ONE_PARTITION}
    assert own.keys() == expected.keys()
    for name, values in expected.items():
        assert own[name] == pytest.approx(values, rel=1e-9)
    _assert_proven(found, rules, arrived)


def _assert_proven(found: dict[str, Any], rules: dict[str, Rule], arrived: list[dict[str, Any]]) -> None:
    """Also of the keys whose events come from all partitions: where the set is known, the values follow."""
    by_place = {(event["partition"], event["offset"]): event for event in arrived}
    proven = dict.fromkeys(rules, 0)
    for alert in found.values():
        rule = rules[alert["rule_id"]]
        (key,) = {feature.key for feature in rule.features.values()}
        had = seen_events(alert, key, arrived)
        if had is not None:
            event = by_place[alert["source"]["partition"], alert["source"]["offset"]]
            assert alert["evidence"] == pytest.approx(evidence(rule, event, had), rel=1e-9)
            proven[rule.id] += 1
    assert min(proven[name] for name in OF_ONE_PARTITION) > 100, proven
    assert sum(proven.values()) > sum(proven[name] for name in OF_ONE_PARTITION), proven


def _send(stream: Stream, sent: list[tuple[int, dict[str, Any]]]) -> list[tuple[int, int]]:
    by_partition: dict[int, list[int]] = {}
    for number, (partition, _) in enumerate(sent):
        by_partition.setdefault(partition, []).append(number)
    places: dict[int, tuple[int, int]] = {}
    for partition, numbers in by_partition.items():
        values = stream.send_events([sent[number][1] for number in numbers], partition)
        places |= zip(numbers, values, strict=True)
    return [places[number] for number in range(len(sent))]


def _kill_task_manager(stream: Stream) -> None:
    worker = running(stream.stack.folder, "flink-taskmanager")
    assert worker is not None
    worker.kill()


def _by_id(stream: Stream) -> dict[str, Any]:
    """The first write of each alert."""
    first: dict[str, Any] = {}
    for alert in stream.raised("w1-"):
        first.setdefault(alert["_id"], alert)
    return first


def _state(stream: Stream, expected: dict[str, Any]) -> str:
    missing = expected.keys() - _by_id(stream).keys()
    return f"{len(missing)} of {len(expected)} alerts are missing; jobs are {stream.jobs.states()}"
