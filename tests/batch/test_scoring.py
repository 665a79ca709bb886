"""Risk levels, decisions, and what late applications and labels change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contract.settings import SettingsError
from rules.policy import load_policies
from spark_jobs.runs import RunError
from tests.batch.events import NOW_MS, application, good_events, label, transaction
from tests.batch.oracle import Oracle
from tests.batch.platform import Platform

pytestmark = pytest.mark.engines

CREDIT_SCORES = (
    "SELECT application_id, user_id, credit_score, loan_amount, currency, region, risk_level, decision, "
    "event_time FROM warehouse.credit_scores"
)
TRANSACTIONS = (
    "SELECT transaction_id, user_id, card_id, amount, currency, event_time, city, country, merchant_id, "
    "merchant_category, card_type, device_id, credit_score, risk_level, is_fraud "
    "FROM warehouse.processed_transactions"
)
LEVELS = "SELECT transaction_id, credit_score, risk_level FROM warehouse.processed_transactions ORDER BY 1"
FRAUD = "SELECT transaction_id, is_fraud FROM warehouse.processed_transactions ORDER BY 1"


def assert_equal_to(batch: Platform, oracle: Oracle) -> None:
    assert set(batch.rows(CREDIT_SCORES)) == oracle.credit_scores()
    assert set(batch.rows(TRANSACTIONS)) == oracle.processed_transactions()


def test_three_runs_of_everything_equal_the_oracle_after_each(batch: Platform) -> None:
    oracle = Oracle()
    events = good_events(11, 300)
    for part in (events[:120], events[120:220], events[220:] + events[:30]):
        sent = batch.send([(json.dumps(event).encode(), None) for event in part])
        oracle.land(sent)
        batch.land()
        batch.score()
        assert_equal_to(batch, oracle)
    assert len(oracle.processed_transactions()) > 80


def test_several_landed_runs_are_scored_in_one(batch: Platform) -> None:
    for event_id in ("t1", "t2"):
        batch.send_events(transaction(event_id))
        batch.land()
    scored = batch.score()
    inputs = batch.rows("SELECT count(*) FROM warehouse.batch_inputs WHERE batch_id = %s", scored.batch_id)
    assert inputs == [(2,)]
    assert batch.score().batch_id is None
    assert len(batch.rows(LEVELS)) == 2


def test_an_older_application_that_lands_late_changes_only_what_it_covers(batch: Platform) -> None:
    batch.send_events(
        transaction("t1", event_time_ms=NOW_MS),
        transaction("t2", event_time_ms=NOW_MS + 10),
        transaction("t3", event_time_ms=NOW_MS + 20),
        application("a2", event_time_ms=NOW_MS + 20, credit_score=710),
    )
    batch.land()
    batch.score()
    assert batch.rows(LEVELS) == [("t1", None, None), ("t2", None, None), ("t3", 710, "Low")]
    batch.send_events(application("a1", event_time_ms=NOW_MS + 10, credit_score=400))
    batch.land()
    batch.score()
    assert batch.rows(LEVELS) == [("t1", None, None), ("t2", 400, "High"), ("t3", 710, "Low")]


def test_of_two_applications_at_one_time_the_later_on_the_topic_counts(batch: Platform) -> None:
    batch.send_events(
        application("z", credit_score=400), application("a", credit_score=800), transaction("t1")
    )
    batch.land()
    batch.score()
    assert batch.rows(LEVELS) == [("t1", 800, "Low")]


def test_labels_count_before_and_after_their_transaction_and_the_latest_wins(batch: Platform) -> None:
    batch.send_events(label("l1", "t1", True), transaction("t2"), transaction("t3"))
    batch.land()
    batch.score()
    assert batch.rows(FRAUD) == [("t2", None), ("t3", None)]
    batch.send_events(transaction("t1"), label("l2", "t2", True, event_time_ms=NOW_MS + 5))
    batch.land()
    batch.score()
    assert batch.rows(FRAUD) == [("t1", True), ("t2", True), ("t3", None)]
    batch.send_events(label("l3", "t2", False, event_time_ms=NOW_MS), label("l4", "t1", False))
    batch.land()
    batch.score()
    assert batch.rows(FRAUD) == [("t1", False), ("t2", True), ("t3", None)]


@pytest.fixture
def stricter(batch: Platform, tmp_path: Path) -> Platform:
    """The platform with a second policy version that is stricter."""
    folder = tmp_path / "policies"
    folder.mkdir()
    first = (Path("rules/policies") / "risk_policy.v1.yaml").read_text()
    (folder / "risk_policy.v1.yaml").write_text(first)
    (folder / "risk_policy.v2.yaml").write_text(
        first.replace("version: 1", "version: 2").replace("700", "800").replace("600", "750")
    )
    batch.policies = load_policies(folder)
    return batch


def test_recompute_scores_all_history_under_another_policy(stricter: Platform) -> None:
    events = [application("a1", credit_score=720), application("a2", credit_score=820, user_id="user-2")]
    stricter.send_events(*events, transaction("t1"))
    stricter.land()
    stricter.score(policy_version=1)
    stricter.send_events(transaction("t2"), transaction("t3", user_id="user-2"))
    stricter.land()
    stricter.score()
    scores = (
        "SELECT application_id, risk_level, decision, policy_version FROM warehouse.credit_scores ORDER BY 1"
    )
    assert stricter.rows(scores) == [("a1", "Low", "approve", 1), ("a2", "Low", "approve", 1)]
    stricter.score(recompute=True, policy_version=2)
    assert stricter.rows(scores) == [("a1", "Medium", "review", 2), ("a2", "Low", "approve", 2)]
    assert stricter.rows(LEVELS) == [("t1", 720, "Medium"), ("t2", 720, "Medium"), ("t3", 820, "Low")]


def test_a_policy_stays_in_force_until_another_is_named(stricter: Platform) -> None:
    for event_id, version in (("a1", 1), ("a2", None), ("a3", 2), ("a4", None)):
        stricter.send_events(application(event_id))
        stricter.land()
        stricter.score(policy_version=version)
    versions = "SELECT policy_version FROM warehouse.credit_scores ORDER BY application_id"
    assert stricter.rows(versions) == [(1,), (1,), (2,), (2,)]


def test_a_policy_that_was_in_force_and_changed_is_refused(batch: Platform, tmp_path: Path) -> None:
    batch.send_events(application("a1"))
    batch.land()
    batch.score()
    text = (Path("rules/policies") / "risk_policy.v1.yaml").read_text()
    (tmp_path / "risk_policy.v1.yaml").write_text(text.replace("700", "701"))
    batch.policies = load_policies(tmp_path)
    with pytest.raises(RunError, match=r"risk_policy.v1.yaml has changed since it was in force"):
        batch.score()


def test_an_unknown_policy_version_is_named(batch: Platform) -> None:
    with pytest.raises(SettingsError, match="there is no risk policy 9 in rules/policies, only 1"):
        batch.score(policy_version=9)
