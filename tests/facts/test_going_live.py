"""A windowed rule goes live without a gap, and thresholds, lists and modes change without a restart."""

from __future__ import annotations

import time
from collections.abc import Iterator

import orjson
import pytest

from contract.names import SHADOW_ALERTS_COLLECTION, STREAM_RUNS_TOPIC
from stack.environment import read_env
from stack.jobs import StreamJobs
from stack.platform import prepare_stores, settings_of
from storage.mongo import connect
from tests.facts.live import DAY_MS, RULE, Live, risky_application, steady_events
from tests.stacks import stack_beside
from tests.stream.stream import Stream, wait_until

pytestmark = [pytest.mark.engines, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """Four uses of a card landed, a fifth on the topic, then the rule goes live under steady events."""
    file = tmp_path_factory.mktemp("rules") / "card_month.yaml"
    file.write_text(RULE)
    with stack_beside("facts") as stack:
        stack.up(("kafka", "mongo", "postgres", "flink"))
        values = read_env(stack.folder.env)
        settings = settings_of(values)
        prepare_stores(stack, settings)
        jobs = StreamJobs(stack.folder, values)
        jobs.start(print)
        with connect(settings) as client:
            live = Live(Stream(stack, jobs, settings, client[settings.mongo_database]))
            now_ms = time.time_ns() // 1_000_000
            for number in range(4):
                live.use_card(f"landed-{number}", now_ms - (20 - number) * DAY_MS, partition=number)
            live.wait_until_decided()
            live.land()
            live.use_card("followed", partition=2)
            live.wait_until_decided()
            live.runs.append(live.run_id())
            with steady_events(live):
                live.told = live.tandem("rules", "deploy", str(file), "--by", "ana", "--comment", "trial")
            live.runs.append(live.run_id())
            yield live


def test_a_new_rule_has_its_whole_window_from_its_first_event_on(live: Live) -> None:
    alert_id = live.use_card("first", partition=1)
    alert = live.stream.wait_for([alert_id])[alert_id]
    assert alert["evidence"] == {"card_count_30d": 6, "max_uses": 4, "merchant_id": "m-1"} or (
        alert["evidence"] == {"card_count_30d": 6, "max_uses": 4}
    )
    assert alert["message"] == "6 uses"
    assert set(alert["seen"]["card_id"]) == {"0", "1", "2", "3"}
    assert alert["facts_offset"] >= 0
    assert live.stream.delivered(["card_month:followed"]) == {}


def test_alerts_of_the_other_rules_go_on_meanwhile(live: Live) -> None:
    assert len(live.steady) > 10
    assert set(live.stream.wait_for(live.steady)) == set(live.steady)


def test_one_run_takes_over_at_a_stated_offset_and_the_other_ends(live: Live) -> None:
    before, after = live.runs
    assert before != after
    assert "windows are filled from" in live.told
    assert "took over at the offsets" in live.told
    newest = orjson.loads(live.stream.read(STREAM_RUNS_TOPIC)[-1] or b"{}")
    assert {"id": "card_month", "version": 1}.items() <= newest["rules"][0].items()
    for partition, offset in newest["read_from_offsets"].items():
        assert offset <= newest["start_offsets"][partition]
    assert live.stream.jobs.states() == {"detect_fraud": "RUNNING", "deliver_alerts": "RUNNING"}


def test_a_threshold_a_list_and_a_mode_change_without_a_restart(live: Live) -> None:
    live.tandem("parameter", "set", "card_month.max_uses", "500", "--by", "ben")
    below = _after_a_moment(live, "below")
    live.tandem("parameter", "set", "card_month.max_uses", "5", "--by", "ben")
    above = _after_a_moment(live, "above")
    live.tandem("list", "add", "trusted", "m-1", "--by", "ben")
    listed = _after_a_moment(live, "listed")
    live.tandem("list", "remove", "trusted", "m-1")
    live.tandem("rules", "shadow", "card_month")
    shadow = _after_a_moment(live, "shadow")
    marker = risky_application("marker")
    live.stream.send_events([marker])
    live.stream.wait_for([above, "risky_application:marker"])
    shadows = live.stream.database[SHADOW_ALERTS_COLLECTION]
    wait_until(lambda: shadows.find_one({"_id": shadow}) is not None, 60, lambda: "no shadow alert")
    assert set(live.stream.delivered([below, above, listed, shadow])) == {above}
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


def test_an_alert_is_explained_from_what_was_stored(live: Live) -> None:
    told = live.tandem("alert", "explain", "card_month:first")
    assert "rule card_month version 1" in told
    assert "card_count_30d = 6" in told
    assert "verdict: none yet" in told
    assert [line.split()[-1] for line in told.splitlines() if "landed-" in line] == ["yes"] * 4


def _after_a_moment(live: Live, name: str) -> str:
    """Use the card once the stream had the time to take in the newest facts."""
    time.sleep(1)
    return live.use_card(name)
