"""The real operator: all that it raises is explained; what a bug in it raises is not."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from rules.feature_plan import plan_features
from spark_jobs.reconciliation.reconciling import UnexplainedError
from stack.folder import ROOT, STREAM_PYTHON
from tests.reconcile.platform import PARTITIONS, Platform
from tests.reconcile.test_windows import send
from tests.reconcile.windowed_rules import transactions, windowed_catalog

pytestmark = [pytest.mark.engines, pytest.mark.timeout(600)]

EVENTS = 300
Event = dict[str, Any]


def operator_alerts(platform: Platform, bugs: list[Event], folder: Path) -> dict[str, Any]:
    """What the operator raises over the topic, in another process."""
    request, answer = folder / "request.json", folder / "answer.json"
    asked = {
        "brokers": platform.settings.kafka_bootstrap_servers,
        "topic": platform.settings.kafka_topic,
        "partitions": PARTITIONS,
        "catalog": str(platform.folder / "windowed"),
        "bugs": bugs,
    }
    request.write_text(json.dumps(asked))
    command = (str(STREAM_PYTHON), "-m", "tests.reconcile.run_operator", str(request), str(answer))
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(answer.read_text())
    return told


def test_the_operator_is_explained_and_bugs_in_it_are_not(platform: Platform, tmp_path: Path) -> None:
    platform.rules = windowed_catalog(platform.folder / "windowed")
    events = transactions(7, EVENTS, late_share=0.1)
    placed = send(platform, [*events[:100], *events[60:]])
    half = {partition: places_of(placed, partition)[-1] // 2 for partition in range(PARTITIONS)}
    spent = feature_of(platform, "spent")
    lost = next(event for event in placed if event["offset"] == half[0] + 10 and event["partition"] == 0)
    bugs: list[Event] = [
        {"feature": spent, "becomes": {"function": "MAX"}},
        {"feature": spent, "becomes": {"window_ms": 600_000}},
        {"loses": f"event_id = '{lost['event_id']}'"},
    ]
    told = operator_alerts(platform, bugs, tmp_path)
    platform.record_run(**told["run"])
    platform.send_alerts([alert for alert in told["alerts"] if lies_before(alert, half)])
    platform.commit(half)
    platform.land()
    first = platform.reconcile()
    assert len(platform.verdicts()) > 20
    assert first.tally.unexplained_count == 0, first.tally.unexplained
    check_bugs(platform, told, half)


def check_bugs(platform: Platform, told: dict[str, Any], half: dict[int, int]) -> None:
    """Let the bugs take turns over the rest of the topic, with the operator as it should be."""
    operators = [told["alerts"], *told["alerts_with"].values()]
    of_operator: list[set[str]] = [set() for _ in operators]
    sent = []
    for number, alerts in enumerate(operators):
        for alert in alerts:
            turn = int(alert["event_id"][1:]) % len(operators)
            if turn == number and not lies_before(alert, half):
                sent.append(alert)
                of_operator[number].add(alert["_id"])
    platform.send_alerts(sent)
    platform.commit()
    with pytest.raises(UnexplainedError):
        platform.reconcile()
    unexplained = {name for name, (_, reason) in platform.verdicts().items() if reason == "unexplained"}
    assert not unexplained & of_operator[0]
    assert all(unexplained & ids for ids in of_operator[1:]), [len(unexplained & ids) for ids in of_operator]


def lies_before(alert: Event, half: dict[int, int]) -> bool:
    return bool(alert["source"]["offset"] < half[alert["source"]["partition"]])


def places_of(placed: list[Event], partition: int) -> list[int]:
    return sorted(event["offset"] for event in placed if event["partition"] == partition)


def feature_of(platform: Platform, name: str) -> str:
    """The column of the first feature with this local name."""
    plan = plan_features(platform.rules)
    columns = {feature.column for feature in plan.features}
    return next(
        rule.features[name].column
        for rule in platform.rules
        if name in rule.features and rule.features[name].column in columns
    )
