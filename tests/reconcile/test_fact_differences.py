"""Thresholds, lists and modes that were said before or after the stream decided."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rules.catalog import load_catalog
from rules.fact_history import FactHistory, StoredFact
from rules.facts import Fact, ListEntry, ParameterValueSet, RuleMode, Statement
from spark_jobs.reconciliation.reconciling import UnexplainedError
from tests.reconcile.platform import NOW_MS, Platform, application

pytestmark = pytest.mark.engines

CATALOG = """
id: big_loan
version: 1
on: application
parameters:
  least_cents: 1000 (1..1000000)
when: loan_amount_cents > least_cents AND NOT LISTED(region, 'safe_regions')
severity: high
message: "Loan of {loan_amount_cents}, over {least_cents}"
"""


def facts(*statements: tuple[Statement, int]) -> FactHistory:
    """Facts that hold from an event time on, said now."""
    return FactHistory(
        tuple(
            StoredFact(offset, Fact(f"f{offset}", said, from_ms, None, "ana", 4_000_000_000_000))
            for offset, (said, from_ms) in enumerate(statements)
        )
    )


def least(value: int) -> Statement:
    return ParameterValueSet("big_loan", "least_cents", value)


LATER_MS = NOW_MS + 1_000
FACTS = facts(
    (least(2_000), 0),
    (ListEntry("safe_regions", "north", listed=True), 0),
    (least(4_000), 1),
    (ListEntry("safe_regions", "south", listed=True), 0),
    (RuleMode("big_loan", "shadow"), LATER_MS),
)


def alert(platform: Platform, event: dict[str, Any], offset: int, facts_offset: int, least_cents: int) -> Any:
    return platform.alert(
        event,
        offset,
        message=f"Loan of {event['loan_amount_cents']}, over {least_cents}",
        evidence={
            "loan_amount_cents": event["loan_amount_cents"],
            "least_cents": least_cents,
            "region": event["region"],
        },
        facts_offset=facts_offset,
    )


@pytest.fixture
def dated(platform: Platform, tmp_path: Path) -> Platform:
    folder = tmp_path / "dated"
    folder.mkdir()
    (folder / "big_loan.yaml").write_text(CATALOG)
    platform.rules = load_catalog(folder)
    return platform


def in_region(event_id: str, loan_amount_cents: int, region: str = "east", **changes: Any) -> dict[str, Any]:
    return application(event_id, loan_amount_cents, region=region, **changes)


EVENTS = [
    in_region("small", 3_000),
    in_region("large", 9_000),
    in_region("north", 9_000, "north"),
    in_region("south", 9_000, "south"),
    in_region("tiny", 1_500),
    in_region("later", 9_000, event_time_ms=LATER_MS),
    in_region("early", 1_500),
]


def play(platform: Platform) -> None:
    """The stream knew the facts up to offset 1; the last event it decided before all facts."""
    platform.send(EVENTS)
    platform.record_run()
    raised = [0, 1, 3, 5]
    platform.send_alerts([alert(platform, EVENTS[number], number, 1, 2_000) for number in raised])
    platform.send_alerts([alert(platform, EVENTS[6], 6, -1, 1_000)])
    platform.commit()
    platform.land()


def test_facts_that_came_late_are_the_reason_also_for_what_was_judged_before(dated: Platform) -> None:
    play(dated)
    dated.facts = FACTS.up_to(1)
    dated.reconcile()
    assert dated.verdicts() == {
        **{f"big_loan:{name}": ("confirmed", None) for name in ("small", "large", "south", "later")},
        "big_loan:early": ("retracted", "fact_late"),
    }
    dated.facts = FACTS
    found = dated.reconcile()
    assert found.gathered.events_judged == 0
    assert dated.verdicts() == {
        "big_loan:small": ("retracted", "fact_late"),
        "big_loan:large": ("confirmed", "fact_late"),
        "big_loan:south": ("retracted", "fact_late"),
        "big_loan:later": ("retracted", "fact_late"),
        "big_loan:early": ("retracted", "fact_late"),
    }
    lower = Fact("f5", least(500), 2, None, "ana", 4_000_000_000_000)
    dated.facts = FactHistory((*FACTS.stored, StoredFact(5, lower)))
    dated.reconcile()
    assert dated.verdicts()["big_loan:tiny"] == ("missed", "fact_late")
    assert dated.verdicts()["big_loan:early"] == ("confirmed", "fact_late")


def test_facts_that_the_stream_had_and_did_not_heed_are_unexplained(dated: Platform) -> None:
    dated.facts = FACTS.up_to(1)
    dated.send(EVENTS[:4])
    dated.record_run()
    unheeded = alert(dated, EVENTS[0], 0, 1, 1_000)
    listed = alert(dated, EVENTS[2], 2, 1, 2_000)
    dated.send_alerts([unheeded, listed, alert(dated, EVENTS[3], 3, 1, 2_000)])
    dated.commit()
    dated.land()
    with pytest.raises(UnexplainedError):
        dated.reconcile()
    assert dated.verdicts() == {
        "big_loan:small": ("confirmed", "unexplained"),
        "big_loan:north": ("retracted", "unexplained"),
        "big_loan:south": ("confirmed", None),
        "big_loan:large": ("missed", "unexplained"),
    }
