"""The risk policy: its thresholds, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlglot
from sqlglot.executor import execute

from rules.errors import RuleError
from rules.policy import RiskPolicy, load_policies
from tests.batch.oracle import decision, risk_level

LEVELS = [
    {"risk_level": "Low", "credit_score_min": 700},
    {"risk_level": "Medium", "credit_score_min": 500},
    {"risk_level": "High"},
]
DECISIONS = [{"decision": "reject", "risk_level": "High"}, {"decision": "review"}]
SCORES = [300, 499, 500, 599, 600, 699, 700, 850]
LOANS = [1, 1_500_000, 1_500_001, 99_999_999_999_999]


def test_version_1_equals_the_oracle_at_every_threshold() -> None:
    policy = load_policies()[1]
    rows = [{"credit_score": score, "loan_amount_cents": loan} for score in SCORES for loan in LOANS]
    columns = f"credit_score, loan_amount_cents, {policy.risk_level_sql()} AS l, {policy.decision_sql()} AS d"
    statement = f"SELECT {columns} FROM a"
    found = set(execute(sqlglot.parse_one(statement), tables={"a": rows}).rows)
    assert found == {(s, a, risk_level(s), decision(s, a)) for s in SCORES for a in LOANS}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"risk_levels": LEVELS[:2]}, "exactly the last level without credit_score_min"),
        ({"risk_levels": [LEVELS[1], LEVELS[0], LEVELS[2]]}, "credit_score_min to fall"),
        ({"decisions": DECISIONS[:1]}, "exactly one decision without conditions"),
        ({"decisions": DECISIONS[::-1]}, "the last decision to be without conditions"),
        ({"decisions": [{"decision": "maybe"}]}, "approve"),
        ({"risk_levels": [{"risk_level": "High", "score_min": 3}]}, "Extra inputs"),
    ],
)
def test_a_policy_that_leaves_doubt_is_refused(changes: dict[str, object], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        RiskPolicy.model_validate({"version": 1, "risk_levels": LEVELS, "decisions": DECISIONS} | changes)


def test_a_file_whose_name_and_version_differ_is_named(tmp_path: Path) -> None:
    text = (Path("rules/policies") / "risk_policy.v1.yaml").read_text()
    file = tmp_path / "risk_policy.v2.yaml"
    file.write_text(text)
    with pytest.raises(RuleError, match=r"risk_policy.v2.yaml:1:1: version is 1"):
        load_policies(tmp_path)


def test_a_folder_without_a_policy_is_named(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="no risk policy here"):
        load_policies(tmp_path)
