"""Risk levels reach the topic of facts, once each, and hold for the events after the application."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from rules.catalog import rule_of
from rules.compiler import compile_rule
from rules.fact_history import FactHistory, StoredFact
from rules.facts import Fact, RuleText, UserRiskLevel
from spark_jobs.publish_risk_levels import is_read, publish_risk_levels
from spark_jobs.reconciliation.model import EvaluatedEvent, Position
from spark_jobs.reconciliation.rule_book import FOLLOWING_MS_MAX, RuleBook, evidence_of, is_raised
from storage.fact_mirrors import store_facts
from storage.facts import read_facts
from storage.postgres import transaction
from storage.topics import create_topics
from tests.batch.events import NOW_MS
from tests.batch.platform import Platform

LEVELS = ((1, "Low"), (10, "High"))
TEXT = """
id: risky_user
version: 1
on: transaction
when: user_risk_level = 'High' AND amount_cents > 100000
severity: high
message: "{user_risk_level}"
"""


SCORED = """
INSERT INTO warehouse.credit_scores (application_id, user_id, credit_score, loan_amount, currency,
    risk_level, decision, policy_version, event_time, append_time, partition, "offset", scored_at, batch_id)
VALUES (%s, 'u1', 600, 10, 'USD', %s, 'review', 1, to_timestamp(%s / 1000.0), now(), 0, %s, now(), 'a run')
"""


@pytest.mark.engines
def test_each_level_is_said_once_and_holds_from_after_its_application(
    platform: Platform, tmp_path: Path
) -> None:
    create_topics(platform.settings)
    with closing(platform.connect()) as connection:
        with transaction(connection) as cursor:
            cursor.execute(
                "INSERT INTO warehouse.risk_policies (policy_version, definition) VALUES (1, '{}')"
            )
            for offset, (level, time_ms) in enumerate((("Low", NOW_MS), ("High", NOW_MS + 1000))):
                cursor.execute(SCORED, (f"a {offset}", level, time_ms, offset))
        assert not is_read(connection, tmp_path)
        (tmp_path / "risky_user.yaml").write_text(TEXT)
        assert is_read(connection, tmp_path)
        deployed = Fact("f1", RuleText("risky_user", 1, TEXT), 0, None, "ana", 1)
        store_facts(connection, FactHistory((StoredFact(0, deployed),)))
        published = [publish_risk_levels(platform.settings, connection) for _ in range(2)]
    assert published == [2, 0]
    history = read_facts(platform.settings)
    times = (NOW_MS, NOW_MS + 1, NOW_MS + 1000, NOW_MS + 1001)
    assert [history.risk_level("u1", time) for time in times] == [None, "Low", "Low", "High"]
    assert history.risk_level("u2", NOW_MS + 5) is None
    said = platform.rows("SELECT risk_level FROM warehouse.published_risk_levels ORDER BY application_id")
    assert said == [("Low",), ("High",)]


def test_a_rule_reads_the_level_that_its_decision_knew_and_says_it() -> None:
    rule = compile_rule(rule_of(TEXT, Path("risky_user")))
    levels = [Fact(f"r{n}", UserRiskLevel("u1", level), n, None, "batch", n + 5) for n, level in LEVELS]
    facts = FactHistory(tuple(StoredFact(offset, fact) for offset, fact in enumerate(levels)))
    book = RuleBook([rule], facts)
    event: dict[str, Any] = {
        "event_type": "transaction",
        "user_id": "u1",
        "event_time_ms": 12,
        "amount_cents": 200_000,
    }
    columns = {**event, **book.said_columns(rule, event, None)}
    assert is_raised(rule, columns)
    assert evidence_of(rule, columns) == {"user_risk_level": "High", "amount_cents": 200_000}
    earlier = {**event, **book.said_columns(rule, event, 0)}
    assert not is_raised(rule, earlier)
    arrived_ms = event["event_time_ms"] + FOLLOWING_MS_MAX
    arrived = EvaluatedEvent(event, Position("events", 0, 0), {}, append_time_ms=arrived_ms)
    assert book.late_offsets(rule, arrived) == [0]
