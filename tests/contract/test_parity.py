"""The Python contract, Flink and Spark never disagree about acceptance, reason or value."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from contract.events import Reason
from contract.parser import parse_message
from tests.contract.cases import CASES
from tests.contract.messages import APPEND_TIME_MS, Case

Outcome = dict[str, Any]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_message_ends_as_worked_out_by_hand(case: Case) -> None:
    event = parse_message(case.message, APPEND_TIME_MS)

    assert (event.reason, event.detail, event.event_id) == (case.reason, case.detail, case.event_id)
    assert {name: event.values.get(name) for name in case.values or {}} == (case.values or {})
    assert (event.content_hash is None) == (event.reason is not None)


def test_the_corpus_is_large_and_meets_every_reason(python_outcomes: list[Outcome]) -> None:
    reasons = Counter(outcome.get("reason", "accepted") for outcome in python_outcomes)

    assert len(python_outcomes) > 8000
    decided_here = {reason for reason in Reason if reason is not Reason.CONFLICTING_DUPLICATE}
    assert {reason for reason, count in reasons.items() if count >= 10} == {"accepted", *decided_here}


@pytest.mark.engines
@pytest.mark.timeout(600)
def test_flink_agrees_with_the_contract(
    python_outcomes: list[Outcome], engine_outcomes: dict[str, list[Outcome]], corpus: list[bytes | None]
) -> None:
    _assert_same(corpus, _of_the_stream(python_outcomes), engine_outcomes["flink"])


@pytest.mark.engines
@pytest.mark.timeout(600)
def test_flink_writes_every_accepted_event_as_the_contract_reads_it(
    python_outcomes: list[Outcome], engine_outcomes: dict[str, list[Outcome]], corpus: list[bytes | None]
) -> None:
    outcomes = zip(corpus, _of_the_stream(python_outcomes), strict=True)
    messages, expected = zip(*(pair for pair in outcomes if "reason" not in pair[1]), strict=True)
    _assert_same(list(messages), list(expected), engine_outcomes["flink accepted"])


@pytest.mark.engines
@pytest.mark.timeout(600)
def test_spark_agrees_with_the_contract_with_hash_and_masked_payload(
    python_outcomes: list[Outcome], engine_outcomes: dict[str, list[Outcome]], corpus: list[bytes | None]
) -> None:
    _assert_same(corpus, python_outcomes, engine_outcomes["spark"])


def _of_the_stream(outcomes: list[Outcome]) -> list[Outcome]:
    batch_only = {"content_hash", "masked"}
    return [
        {name: value for name, value in outcome.items() if name not in batch_only} for outcome in outcomes
    ]


def _assert_same(corpus: list[bytes | None], expected: list[Outcome], actual: list[Outcome]) -> None:
    assert len(actual) == len(corpus)
    differences = [
        (message and message[:400], reference, outcome)
        for message, reference, outcome in zip(corpus, expected, actual, strict=True)
        if reference != outcome
    ]
    assert not differences, f"{len(differences)} of {len(corpus)} messages differ, such as {differences[:3]}"
