"""Rules go live without a gap, and thresholds, lists and modes change without a restart."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import orjson
import pytest

from contract.names import SHADOW_ALERTS_COLLECTION, STREAM_RUNS_TOPIC
from stack.environment import read_env
from stack.jobs import StreamJobs
from stack.platform import prepare_stores, settings_of
from storage.mongo import connect
from tests.facts.live import CARDS, DAY_MS, STRICTER, WINDOWED, Live, steady_events
from tests.stacks import stack_beside
from tests.stream.stream import STORE_ANSWER_MS_MAX, Stream, wait_until

RULES = ("risky_application", "card_month")
TOPIC = "risk.events"
"""Flink's metrics, which tell when a run has caught up, write a topic's dots otherwise."""
QUIET = 7
"""A card that is not used while the rules go live."""

pytestmark = [pytest.mark.engines, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """Uses of cards landed, more on the topic; then a new rule and a new version go live under events."""
    files = _rule_files(tmp_path_factory.mktemp("rules"))
    with mock.patch.dict(os.environ, {"KAFKA_TOPIC": TOPIC}), stack_beside("facts") as stack:
        stack.up(("kafka", "mongo", "postgres", "flink"))
        values = read_env(stack.folder.env)
        settings = settings_of(values)
        prepare_stores(stack, settings)
        jobs = StreamJobs(stack.folder, values)
        jobs.start(print)
        with connect(settings, STORE_ANSWER_MS_MAX) as client:
            live = Live(Stream(stack, jobs, settings, client[settings.mongo_database]))
            for number in range(12):
                days = (40, 29, 20)[number // CARDS]
                live.use_card(f"landed-{number}", number % CARDS, days * DAY_MS, (number * 3) % CARDS)
            for number in range(4):
                live.use_card(f"quiet-{number}", QUIET, (4 - number) * DAY_MS, number)
            live.wait_until_decided()
            live.land()
            live.use_card("followed", before_ms=DAY_MS)
            live.wait_until_decided()
            live.runs.append(live.run_id())
            with steady_events(live):
                live.told = live.tandem("rules", "deploy", *files, "--by", "ana", "--comment", "trial")
            live.runs.append(live.run_id())
            live.use_card("quiet-now", QUIET, partition=1)
            live.wait_until_decided()
            yield live


def _rule_files(folder: Path) -> list[str]:
    files = []
    for name, text in zip(RULES, (STRICTER, WINDOWED), strict=True):
        file = folder / f"{name}.yaml"
        file.write_text(text)
        files.append(str(file))
    return files


def test_no_alert_is_missing_and_none_is_wrong_while_rules_go_live(live: Live) -> None:
    expected = live.expected_alerts()
    alerts = live.stream.wait_for(expected)
    for name, told in expected.items():
        alert = alerts[name]
        assert alert["rule_version"] == told["rule_version"], name
        if uses := told.get("uses"):
            assert alert["evidence"]["card_count_30d"] == uses, name
            assert alert["message"] == f"{uses} uses"
    raised = [alert for alert in live.stream.raised("") if alert["rule_id"] in RULES]
    assert {alert["_id"]: alert["rule_version"] for alert in raised} == {
        name: told["rule_version"] for name, told in expected.items()
    }
    seen = {(alert["rule_id"], alert["rule_version"]) for alert in raised}
    assert seen == {("risky_application", 1), ("risky_application", 2), ("card_month", 1)}


def test_one_run_takes_over_with_windows_from_the_lake_and_the_other_ends(live: Live) -> None:
    before, after = live.runs
    assert before != after
    assert "windows are filled from 16 landed events" in live.told
    assert "took over at the offsets" in live.told
    newest = orjson.loads(live.stream.read(STREAM_RUNS_TOPIC)[-1] or b"{}")
    assert {"card_month", "risky_application"} <= {rule["id"] for rule in newest["rules"]}
    for partition, offset in newest["read_from_offsets"].items():
        assert offset <= newest["start_offsets"][partition]
    assert live.stream.jobs.states() == {"detect_fraud": "RUNNING", "deliver_alerts": "RUNNING"}


def test_a_threshold_a_list_and_a_mode_change_without_a_restart(live: Live) -> None:
    live.tandem("parameter", "set", "card_month.max_uses", "900", "--by", "ben")
    below = _after_a_moment(live, "below")
    live.tandem("parameter", "set", "card_month.max_uses", "5", "--by", "ben")
    above = _after_a_moment(live, "above")
    live.tandem("list", "add", "trusted", "m-1", "--by", "ben")
    listed = _after_a_moment(live, "listed")
    live.tandem("list", "remove", "trusted", "m-1")
    live.tandem("rules", "off", "card_month")
    off = _after_a_moment(live, "off")
    live.tandem("rules", "shadow", "card_month")
    shadow = _after_a_moment(live, "shadow")
    marker = live.apply("marker", 400)
    live.stream.wait_for([above, marker])
    shadows = live.stream.database[SHADOW_ALERTS_COLLECTION]
    wait_until(lambda: shadows.find_one({"_id": shadow}) is not None, 60, lambda: "no shadow alert")
    assert set(live.stream.delivered([below, above, listed, off, shadow])) == {above}
    assert live.run_id() == live.runs[-1]


def test_what_is_wrong_is_refused_in_one_line(live: Live) -> None:
    for arguments, said in (
        (("parameter", "set", "card_month.max_uses", "1001"), "from 1 to 1000"),
        (("parameter", "set", "card_month.max_use", "7"), "did you mean card_month.max_uses?"),
        (("rules", "off", "card_moth"), "did you mean card_month?"),
        (("list", "add", "trustd", "m-1"), "did you mean trusted?"),
        (("list", "add", "trusted", "4111111111111111"), "card number"),
        (("list", "add", "trusted", "m-1", "--from", "tomorrow"), "no time"),
        (("alert", "explain", "card_month:none"), "no alert"),
        (("rules", "deploy", "no_such_file.yaml"), "expected a rule file"),
    ):
        told = live.tandem(*arguments, status=2)
        assert told.count("\n") == 1
        assert said in told


def test_every_change_is_kept_and_shown(live: Live) -> None:
    history = live.tandem("facts", "history", "card_month")
    assert "card_month is version 1" in history
    assert "trial" in history
    assert "ana" in history
    in_force = live.tandem("facts", "list")
    assert "card_month.max_uses" in in_force
    policies = live.stream.database["policies"]
    assert policies.count_documents({"kind": "parameter", "changed_by": "ben"}) == 2
    assert policies.count_documents({"kind": "rule", "changed_by": "ana"}) == 2


def test_an_alert_is_explained_from_what_was_stored(live: Live) -> None:
    told = live.tandem("alert", "explain", "card_month:quiet-now")
    assert "rule card_month version 1" in told
    assert "card_count_30d = 5" in told
    assert "verdict: none yet" in told
    landed = [line for line in told.splitlines() if "quiet-" in line and "c-7" not in line]
    assert [(f"quiet-{number}" in line, line.split()[-1]) for number, line in enumerate(landed[-4:])] == [
        (True, "yes")
    ] * 4
    assert "max_uses = 5 (set by ben" in live.tandem("alert", "explain", "card_month:above")


def _after_a_moment(live: Live, name: str) -> str:
    """Use the card once the stream had the time to take in the newest facts."""
    time.sleep(0.5)
    return live.use_card(name)
