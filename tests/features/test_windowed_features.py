"""The features that Flink computes, over a failure and a restore, against the oracle."""

from __future__ import annotations

import json
import math
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from rules.feature_plan import FeatureStep
from stack.folder import ROOT, STREAM_PYTHON
from tests.features.literal_stream import Event, event
from tests.features.oracle import feature_value
from tests.features.plan import PLAN

pytestmark = pytest.mark.engines

MESSAGES = 3_000
FAILS_AT = 2_000
EVENTS = 4
"""Where in a ``seen_KEY`` of one partition the count of events stands."""


@pytest.mark.parametrize("backend", ["hashmap", "rocksdb"])
def test_features_are_the_oracles_across_a_failure_and_restore(backend: str, tmp_path: Path) -> None:
    rows = _run_stream(backend, tmp_path)
    assert (tmp_path / "failed").exists(), "the job was to fail once"
    kept = {each.offset: each for each in _without_duplicates()}
    assert sorted(row["offset"] for row in rows) == sorted(kept)
    for step in PLAN.steps:
        arrived: defaultdict[str, list[Event]] = defaultdict(list)
        for row in _in_order_of_arrival(rows, step.key):
            each = kept[row["offset"]]
            arrived[getattr(each, step.key)].append(each)
            _assert_features(step, each, arrived[getattr(each, step.key)], row)


def _in_order_of_arrival(rows: list[dict[str, Any]], key: str) -> list[dict[str, Any]]:
    """By how many events of the key had been counted: the steps before may reorder those of one key."""
    of_key = [row for row in rows if row[f"seen_{key}"] is not None]
    return sorted(of_key, key=lambda row: int(row[f"seen_{key}"][EVENTS]))


def _assert_features(step: FeatureStep, each: Event, arrived: list[Event], row: dict[str, Any]) -> None:
    for planned in step.features:
        expected = feature_value(planned.feature, each, arrived)
        actual = row[planned.feature.column]
        if each.event_type not in planned.event_types:
            assert actual is None
        elif isinstance(expected, float) and isinstance(actual, float):
            assert math.isclose(actual, expected, rel_tol=1e-9, abs_tol=1e-6), (planned.feature.text, each)
        else:
            assert actual == expected, (planned.feature.text, each)
    offsets = [x.offset for x in arrived]
    checksum = sum(mix(0, offset) for offset in offsets) % 2**64
    _, partition, first, last, events, signed = row[f"seen_{step.key}"]
    shown = (partition, first, last, events, signed % 2**64)
    assert shown == (0, min(offsets), max(offsets), len(offsets), checksum)


def mix(partition: int, offset: int) -> int:
    """The finaliser of splitmix64 over the place of an event."""
    z = (partition << 48) ^ offset
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB % 2**64
    return z ^ (z >> 31)


def _without_duplicates() -> list[Event]:
    first: dict[str, Event] = {}
    for number in range(MESSAGES):
        each = event(number)
        first.setdefault(each.event_id, each)
    return list(first.values())


def _run_stream(backend: str, folder: Path) -> list[dict[str, Any]]:
    arguments = [backend, str(folder), str(MESSAGES), str(FAILS_AT)]
    done = subprocess.run(
        [STREAM_PYTHON, "-m", "tests.features.run_stream", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in (folder / "rows.json").read_text().splitlines()]
