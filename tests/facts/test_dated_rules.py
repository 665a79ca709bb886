"""Rules by facts: each version for its own event times, and what the files of the catalog change."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules.catalog import Rule, rule_of
from rules.dated_rules import CATALOG_PERSON, catalog_changes, dated_rules
from rules.errors import RuleError
from rules.fact_history import FactHistory, StoredFact
from rules.facts import Fact, RuleMode, RuleText

NOW_MS = 5_000


def _text(rule_id: str, version: int, limit: int) -> str:
    return (
        f"id: {rule_id}\nversion: {version}\non: transaction\nwhen: amount_cents > {limit}\n"
        "severity: low\nmessage: Large\n"
    )


def _file(rule_id: str, version: int = 1, limit: int = 10) -> tuple[Rule, str]:
    text = _text(rule_id, version, limit)
    return rule_of(text, Path(rule_id)), text


def _history(*facts: Fact) -> FactHistory:
    return FactHistory(tuple(StoredFact(offset, fact) for offset, fact in enumerate(facts)))


def _after(history: FactHistory, *files: tuple[Rule, str], now_ms: int = NOW_MS) -> FactHistory:
    said = [stored.fact for stored in history.stored]
    return _history(*said, *catalog_changes(files, history, now_ms))


def _in_force(history: FactHistory) -> list[tuple[str, int, int | None, int | None]]:
    return [
        (entry.rule.id, entry.rule.version, entry.from_event_time_ms, entry.until_event_time_ms)
        for entry in dated_rules(history).compiled
    ]


def test_the_first_rules_hold_for_all_event_times_and_later_ones_from_now_on() -> None:
    first = _after(_history(), _file("a"))
    later = _after(first, _file("a", 2, 20), _file("b"))
    assert _in_force(first) == [("a", 1, None, None)]
    assert _in_force(later) == [("a", 1, None, NOW_MS), ("a", 2, NOW_MS, None), ("b", 1, NOW_MS, None)]
    assert catalog_changes([_file("a", 2, 20), _file("b")], later, NOW_MS + 1) == []
    (lead,) = catalog_changes([_file("a", 2, 20)], first, NOW_MS, lead_ms=1_000)
    assert (lead.from_event_time_ms, lead.changed_at_ms) == (NOW_MS + 1_000, NOW_MS)


def test_a_rule_whose_file_is_gone_is_off_until_the_file_is_back() -> None:
    both = _after(_history(), _file("a"), _file("b"))
    gone = _after(both, _file("a"))
    back = _after(gone, _file("a"), _file("b"), now_ms=NOW_MS + 10)
    modes = [back.mode("b", at) for at in (NOW_MS - 1, NOW_MS, NOW_MS + 9, NOW_MS + 10)]
    assert modes == ["on", "off", "off", "on"]
    assert catalog_changes([_file("a")], gone, NOW_MS + 1) == []


def test_what_a_person_deployed_or_switched_off_stays() -> None:
    by_person = Fact("x", RuleText("b", 3, _text("b", 3, 7)), 0, None, "ana", 1)
    off = Fact("y", RuleMode("b", "off"), 0, None, "ana", 1)
    history = _history(by_person, off)
    assert catalog_changes([], history, NOW_MS) == []
    assert catalog_changes([_file("b", 2)], history, NOW_MS) == []


def test_a_changed_rule_of_the_same_version_is_refused() -> None:
    history = _after(_history(), _file("a"))
    with pytest.raises(RuleError, match="raise version to 2"):
        catalog_changes([_file("a", 1, 11)], history, NOW_MS)


def test_a_text_that_is_no_rule_has_no_effect_and_is_told() -> None:
    good = Fact("g", RuleText("a", 1, _text("a", 1, 1)), 0, None, CATALOG_PERSON, 1)
    bad = Fact("h", RuleText("a", 2, "id: a\n"), 10, None, "ana", 1)
    other = Fact("i", RuleText("a", 3, _text("b", 3, 1)), 20, None, "ana", 1)
    dated = dated_rules(_history(good, bad, other))
    assert [(entry.rule.version, entry.until_event_time_ms) for entry in dated.compiled] == [(1, None)]
    assert [refused.offset for refused in dated.refused] == [1, 2]


def test_the_rules_that_a_run_knew_are_those_up_to_its_offset() -> None:
    history = _after(_after(_history(), _file("a")), _file("a", 2, 20))
    assert len(dated_rules(history, 0).compiled) == 1
    assert len(dated_rules(history, 1).compiled) == 2
