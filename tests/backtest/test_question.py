"""Which rules a backtest names, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules.errors import RuleError
from spark_jobs.backtest.question import BacktestError, choose_rules

RULE = """
id: {id}
version: 1
on: transaction
when: {when}
severity: low
message: Large
"""


def rule_file(folder: Path, name: str, when: str = "amount_cents > 5") -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / f"{name}.yaml"
    file.write_text(RULE.format(id=name, when=when))
    return file


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    rule_file(tmp_path / "catalog", "large")
    return rule_file(tmp_path / "catalog", "larger").parent


def names(rules: tuple[object, ...]) -> list[str]:
    return [rule.id for rule in rules]  # type: ignore[attr-defined]


def test_rules_are_named_by_file_by_folder_and_by_id(tmp_path: Path, catalog: Path) -> None:
    file = rule_file(tmp_path / "one", "first")
    rule_file(tmp_path / "some", "second")
    tested, live = choose_rules([str(file), str(tmp_path / "some"), "large"], catalog)
    assert names(tested) == ["first", "second", "large"]
    assert names(live) == ["larger"]


def test_a_new_version_of_a_live_rule_is_not_compared_with_the_one_it_replaces(
    tmp_path: Path, catalog: Path
) -> None:
    file = rule_file(tmp_path / "new", "large", "amount_cents > 7")
    tested, live = choose_rules([str(file)], catalog)
    assert [rule.when for rule in tested] == ["amount_cents > 7"]
    assert names(live) == ["larger"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], "expected at least one rule"),
        (["larg"], "unknown rule larg; did you mean large?"),
        (["no/such.yaml"], "no/such.yaml: there is no such rule file"),
        (["large", "large"], "rule large is named twice"),
    ],
)
def test_what_names_no_rule_is_refused(given: list[str], expected: str, catalog: Path) -> None:
    with pytest.raises(BacktestError, match=expected.replace("?", r"\?")):
        choose_rules(given, catalog)


def test_a_folder_without_rules_is_refused(tmp_path: Path, catalog: Path) -> None:
    with pytest.raises(BacktestError, match=r"found no \*\.yaml"):
        choose_rules([str(tmp_path)], catalog)


def test_a_file_that_is_no_rule_is_refused_with_its_place(tmp_path: Path, catalog: Path) -> None:
    file = rule_file(tmp_path / "bad", "bad", "amount_cent > 5")
    with pytest.raises(
        RuleError, match=r"bad\.yaml:5:7: unknown field amount_cent; did you mean amount_cents"
    ):
        choose_rules([str(file)], catalog)
