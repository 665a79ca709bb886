"""Verdicts and reasons on literal rows."""

from __future__ import annotations

from typing import Any

import pytest

from rules.fact_history import FactHistory
from spark_jobs.reconciliation.judge import judge
from spark_jobs.reconciliation.model import Case, Difference, EvaluatedEvent, Verdict, VerdictName
from spark_jobs.reconciliation.rule_book import RuleBook
from spark_jobs.reconciliation.stream_history import StreamHistory
from tests.reconcile.literal_rows import BOOK, RULE, alert, case, evaluated, event, history, position, run

EMPTY_BOOK = RuleBook([], FactHistory(()))


def verdict_of(a_case: Case, of_history: StreamHistory | None = None) -> tuple[str, str | None]:
    verdict: Verdict = judge(a_case, BOOK, of_history or history())
    return str(verdict.verdict), verdict.reason and str(verdict.reason)


def test_an_alert_that_the_batch_raises_too_is_confirmed_without_a_reason() -> None:
    assert verdict_of(case(alert=alert(7), accepted=evaluated(7))) == ("confirmed", None)


def test_null_and_absent_members_are_one() -> None:
    with_null = alert(7, of=event(region=None))
    assert verdict_of(case(alert=with_null, accepted=evaluated(7))) == ("confirmed", None)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("evidence", {"loan_amount_cents": 2_000_001, "credit_score": 420}),
        ("evidence", {"loan_amount_cents": 2_000_000}),
        ("evidence", {"loan_amount_cents": 2_000_000, "credit_score": 420, "term_months": 3}),
        ("evidence", {"loan_amount_cents": 2_000_000, "credit_score": True}),
        ("event", event(currency="EUR")),
        ("message", "Other"),
        ("severity", "low"),
        ("user_id", "u2"),
        ("event_time_ms", 1),
    ],
)
def test_an_alert_that_says_otherwise_than_its_event_is_unexplained(member: str, value: Any) -> None:
    judged = judge(case(alert=alert(7, **{member: value}), accepted=evaluated(7)), BOOK, history())
    assert (judged.verdict, judged.reason) == (VerdictName.CONFIRMED, Difference.UNEXPLAINED)
    assert judged.detail == f"differs from the event in {member}"


def test_an_invented_alert_on_an_event_that_does_not_fire_is_unexplained() -> None:
    invented = case(alert=alert(7), accepted=evaluated(7, fires=False))
    assert verdict_of(invented) == ("retracted", "unexplained")


def test_an_invented_alert_without_an_event_is_unexplained() -> None:
    assert verdict_of(case(alert=alert(7))) == ("retracted", "unexplained")


def test_an_alert_that_names_the_place_of_another_event_is_unexplained() -> None:
    other = evaluated(9, event_id="other")
    stolen_place = case(alert=alert(9), accepted=evaluated(7), at_source=other)
    assert verdict_of(stolen_place) == ("confirmed", "unexplained")


def test_an_alert_of_a_message_that_the_batch_quarantined_is_unexplained() -> None:
    of_broken = case(alert=alert(9), accepted=evaluated(7), quarantine_reason="out_of_range")
    assert verdict_of(of_broken) == ("confirmed", "unexplained")


def test_an_alert_of_an_exact_duplicate_is_confirmed() -> None:
    assert verdict_of(case(alert=alert(9), accepted=evaluated(7))) == ("confirmed", None)


QUIET = event(loan_amount_cents=100)
CONFLICTING = event(loan_amount_cents=3_000_000)


def conflicting_case(*, accepted_fires: bool, **changes: Any) -> Case:
    return case(
        alert=alert(9, of=CONFLICTING, **changes),
        accepted=evaluated(7, fires=accepted_fires),
        conflicting=evaluated(9, loan_amount_cents=3_000_000),
        quarantine_reason="conflicting_duplicate",
    )


def test_an_alert_of_a_conflicting_duplicate_is_retracted_as_duplicate_state() -> None:
    assert verdict_of(conflicting_case(accepted_fires=False)) == ("retracted", "duplicate_state")


def test_it_is_confirmed_as_duplicate_state_where_the_accepted_event_fires_too() -> None:
    assert verdict_of(conflicting_case(accepted_fires=True)) == ("confirmed", "duplicate_state")


def test_wrong_evidence_of_a_conflicting_duplicate_is_unexplained() -> None:
    wrong = conflicting_case(accepted_fires=False, evidence={"loan_amount_cents": 1, "credit_score": 420})
    assert verdict_of(wrong) == ("retracted", "unexplained")


def test_a_conflicting_duplicate_that_does_not_fire_explains_nothing() -> None:
    of_quiet = event(loan_amount_cents=3_000_000, credit_score=700)
    quiet = case(
        alert=alert(9, of=of_quiet),
        accepted=evaluated(7, fires=False),
        conflicting=evaluated(9, fires=False, loan_amount_cents=3_000_000, credit_score=700),
        quarantine_reason="conflicting_duplicate",
    )
    assert verdict_of(quiet) == ("retracted", "unexplained")


def test_a_conflicting_duplicate_that_is_stored_masked_is_known_by_its_place() -> None:
    masked = case(
        alert=alert(9),
        accepted=evaluated(7, fires=False),
        quarantine_reason="conflicting_duplicate",
    )
    assert verdict_of(masked) == ("retracted", "duplicate_state")


def test_an_alert_of_an_earlier_version_is_confirmed_where_the_rule_in_force_fires() -> None:
    earlier = case(alert=alert(7, version=1), accepted=evaluated(7))
    assert verdict_of(earlier, history(run(0, versions=(1,)))) == ("confirmed", "rule_version")


def test_an_alert_of_an_earlier_version_is_retracted_where_it_does_not() -> None:
    earlier = case(alert=alert(7, version=1, of=QUIET), accepted=evaluated(7, fires=False))
    assert verdict_of(earlier, history(run(0, versions=(1,)))) == ("retracted", "rule_version")


def test_an_alert_of_a_rule_that_left_the_catalog_is_retracted() -> None:
    of_none = EvaluatedEvent(event(), position(7), {})
    judged = judge(case(alert=alert(7), accepted=of_none), EMPTY_BOOK, history())
    assert (judged.verdict, judged.reason) == (VerdictName.RETRACTED, Difference.RULE_VERSION)


def test_an_alert_of_a_version_that_no_run_had_is_unexplained() -> None:
    invented = case(alert=alert(7, version=1), accepted=evaluated(7, fires=False))
    assert verdict_of(invented, history(run(0, versions=(2,)))) == ("retracted", "unexplained")


def test_an_alert_of_a_version_that_came_later_is_unexplained() -> None:
    early = case(alert=alert(7, version=1), accepted=evaluated(7, fires=False))
    runs = history(run(0), run(50, started_at_ms=1, versions=(1,)))
    assert verdict_of(early, runs) == ("retracted", "unexplained")


def test_wrong_evidence_of_an_earlier_version_is_unexplained() -> None:
    wrong = case(
        alert=alert(7, version=1, evidence={"credit_score": 300}), accepted=evaluated(7, fires=False)
    )
    assert verdict_of(wrong, history(run(0, versions=(1,)))) == ("retracted", "unexplained")


def test_an_event_before_the_first_run_is_missed_as_stream_gap() -> None:
    assert verdict_of(case(accepted=evaluated(7)), history(run(8))) == ("missed", "stream_gap")


def test_an_event_between_a_run_and_one_without_a_checkpoint_is_missed_as_stream_gap() -> None:
    runs = history(run(0), run(50, started_at_ms=1, resumed=False))
    assert verdict_of(case(accepted=evaluated(7)), runs) == ("missed", "stream_gap")


def test_an_event_that_a_run_without_the_rule_read_is_missed_as_rule_version() -> None:
    runs = history(run(0, versions=(1,)), run(50, started_at_ms=1, versions=(2,)))
    assert verdict_of(case(accepted=evaluated(7)), runs) == ("missed", "rule_version")


def test_an_event_that_the_next_run_read_again_with_the_rule_is_unexplained() -> None:
    runs = history(run(0, versions=(1,)), run(5, started_at_ms=1, versions=(2,)))
    assert verdict_of(case(accepted=evaluated(7)), runs) == ("missed", "unexplained")


def test_an_event_that_a_run_with_the_rule_read_is_unexplained() -> None:
    assert verdict_of(case(accepted=evaluated(7))) == ("missed", "unexplained")


def test_a_missed_alert_that_the_rules_no_longer_raise_is_retracted() -> None:
    assert verdict_of(case(accepted=evaluated(7, fires=False))) == ("retracted", "rule_version")


def test_details_name_no_values() -> None:
    judged = judge(case(alert=alert(7, user_id="secret"), accepted=evaluated(7)), BOOK, history())
    assert judged.detail is not None
    assert "secret" not in judged.detail
    assert RULE.id not in judged.detail
