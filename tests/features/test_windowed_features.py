"""The features that Flink computes, over a failure and a restore, against the oracle."""

from __future__ import annotations

import json
import math
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from stack.folder import ROOT, STREAM_PYTHON
from tests.features.literal_stream import Event, event
from tests.features.oracle import feature_value
from tests.features.steps import STEPS

pytestmark = pytest.mark.engines

MESSAGES = 3_000
FAILS_AT = 2_000


@pytest.mark.parametrize("backend", ["hashmap", "rocksdb"])
def test_features_are_the_oracles_across_a_failure_and_restore(backend: str, tmp_path: Path) -> None:
    rows = _run_stream(backend, tmp_path)
    assert (tmp_path / "failed").exists(), "the job was to fail once"
    kept = _without_duplicates()
    assert sorted(row["offset"] for row in rows) == [each.offset for each in kept]
    by_offset = {row["offset"]: row for row in rows}
    arrived: defaultdict[tuple[str, str], list[Event]] = defaultdict(list)
    for each in kept:
        for step in STEPS:
            of_key = arrived[step["key"], getattr(each, step["key"])]
            of_key.append(each)
            _assert_features(step, each, of_key, by_offset[each.offset])
    _assert_seen(kept, by_offset)


def _assert_features(step: dict[str, Any], each: Event, arrived: list[Event], row: dict[str, Any]) -> None:
    for feature in step["features"]:
        expected = feature_value(feature, step["key"], each, arrived)
        actual = row[feature["name"]]
        if isinstance(expected, float) and isinstance(actual, float):
            assert math.isclose(actual, expected, rel_tol=1e-9, abs_tol=1e-6), (feature, each)
        else:
            assert actual == expected, (feature, each)


def _assert_seen(kept: list[Event], by_offset: dict[int, dict[str, Any]]) -> None:
    counts: defaultdict[str, int] = defaultdict(int)
    for each in kept:
        counts[each.card_id] += 1
        assert by_offset[each.offset]["seen_card_id"] == [0, each.offset, counts[each.card_id]]
        if each.merchant_id is None:
            assert by_offset[each.offset]["seen_merchant_id"] is None


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
