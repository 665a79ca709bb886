"""What a person may try in a backtest, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from contract.settings import Settings
from rules.catalog import Rule, load_rule
from rules.facts import Fact, ListEntry, ParameterValueSet
from spark_jobs.backtest.known_facts import Trial, known_facts, parse_trial
from spark_jobs.backtest.question import BacktestError
from tests.backtest.histories import WINDOWED_RULE

WITHOUT_KAFKA = Settings(kafka_bootstrap_servers=None)
ENTRY = Fact("f-1", ListEntry("trusted", "merchant-2", True), 5, None, "ana", 7)


@pytest.fixture
def spree(tmp_path: Path) -> Rule:
    (tmp_path / "spree.yaml").write_text(WINDOWED_RULE)
    return load_rule(tmp_path / "spree.yaml")


def test_a_trial_names_rule_parameter_and_value(spree: Rule) -> None:
    assert parse_trial("spree.least_uses=4", [spree]) == Trial("spree", "least_uses", 4)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("spree.least_uses", "expected RULE.NAME=VALUE"),
        ("spre.least_uses=4", "unknown rule spre; did you mean spree?"),
        ("spree.leastuses=4", "rule spree has no parameter leastuses; did you mean least_uses?"),
        ("spree.least_uses=10", "expected integer within 1..9"),
        ("spree.least_uses=2.5", "expected integer within 1..9"),
    ],
)
def test_a_trial_that_cannot_be_is_refused(text: str, expected: str, spree: Rule) -> None:
    with pytest.raises(BacktestError, match=re.escape(f"--set {text}: {expected}")):
        parse_trial(text, [spree])


def test_facts_of_a_file_and_trials_come_in_this_order(tmp_path: Path) -> None:
    file = tmp_path / "facts.jsonl"
    file.write_bytes(b"\n" + ENTRY.encoded() + b"\n")
    found = known_facts(WITHOUT_KAFKA, file, [Trial("spree", "least_uses", 4)])
    assert [entry.offset for entry in found.stored] == [0, 1]
    assert found.stored[0].fact == ENTRY
    assert found.stored[1].fact.statement == ParameterValueSet("spree", "least_uses", 4)


def test_a_line_that_is_no_fact_is_refused_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "facts.jsonl"
    file.write_bytes(ENTRY.encoded() + b'\n{"fact_id": "f-2"}\n')
    with pytest.raises(BacktestError, match=r"facts\.jsonl:2: kind: expected one of"):
        known_facts(WITHOUT_KAFKA, file, [])
    file.write_bytes(b"no json\n")
    with pytest.raises(BacktestError, match=r"facts\.jsonl:1: "):
        known_facts(WITHOUT_KAFKA, file, [])


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BacktestError, match="there is no such file"):
        known_facts(WITHOUT_KAFKA, tmp_path / "none.jsonl", [])
