"""What is in force: the greatest start among the facts that were known, ties by offset."""

from __future__ import annotations

import random

from rules.expressions import ParameterValue
from rules.fact_history import FactHistory, StoredFact
from rules.facts import Fact, ListEntry, ParameterValueSet, RuleMode, Statement

USES = ("parameter", "card_burst", "max_uses")
WHOLE = ParameterValue("card_burst", "max_uses", "integer", 1, 1, 99)
DOUBLE = ParameterValue("card_burst", "max_uses", "number", 1.0, 1.0, 99.0)


def test_the_greatest_start_wins_and_of_equal_ones_the_last_said() -> None:
    history = _history(_uses(5, 0), _uses(9, 100), _uses(7, 50), _uses(8, 100))
    values = {at: history.value(WHOLE, at) for at in (0, 49, 50, 99, 100)}
    assert values == {0: 5, 49: 5, 50: 7, 99: 7, 100: 8}


def test_a_decision_goes_by_the_facts_that_it_knew() -> None:
    history = _history(_uses(5, 0), _uses(9, 100), _uses(8, 100))
    assert [history.value(WHOLE, 200, known) for known in (-1, 0, 1, 2)] == [
        1,
        5,
        9,
        8,
    ]


def test_a_fact_ends_before_its_end() -> None:
    history = _history((ListEntry("block", "m-1", True), 10, 20))
    assert [history.listed("block", "m-1", at) for at in (9, 10, 19, 20)] == [False, True, True, False]


def test_a_value_outside_the_rules_range_counts_as_not_said() -> None:
    history = _history(
        _uses(5, 0), _uses(1000, 10), (ParameterValueSet("card_burst", "max_uses", 6.5), 20, None)
    )
    assert history.value(WHOLE, 30) == 5
    assert history.value(DOUBLE, 30) == 6.5
    assert history.value(DOUBLE, 15) == 5.0


def test_a_rule_is_on_until_something_else_was_said() -> None:
    history = _history((RuleMode("card_burst", "shadow"), 10, None), (RuleMode("card_burst", "on"), 20, 30))
    assert [history.mode("card_burst", at) for at in (9, 10, 20, 30)] == ["on", "shadow", "on", "shadow"]


def test_spans_say_the_same_as_asking_for_every_time() -> None:
    generator = random.Random(11)
    for _ in range(200):
        facts = []
        for _ in range(generator.randint(0, 7)):
            from_ms = generator.randint(0, 20)
            until_ms = generator.choice([None, from_ms + generator.randint(1, 10)])
            facts.append(
                (ParameterValueSet("card_burst", "max_uses", generator.randint(1, 9)), from_ms, until_ms)
            )
        history = _history(*facts)
        known = generator.randint(-1, len(facts))
        spans = history.up_to(known).spans(USES)
        for at in range(35):
            covering = [
                span.stored
                for span in spans
                if span.from_ms <= at and (span.until_ms is None or at < span.until_ms)
            ]
            asked = history.in_force(USES, at, known)
            assert covering == ([] if asked is None else [asked])


def _uses(value: int, from_ms: int) -> tuple[Statement, int, int | None]:
    return ParameterValueSet("card_burst", "max_uses", value), from_ms, None


def _history(*facts: tuple[Statement, int, int | None]) -> FactHistory:
    return FactHistory(
        tuple(
            StoredFact(offset, Fact(f"f-{offset}", statement, from_ms, until_ms, "ana", 1))
            for offset, (statement, from_ms, until_ms) in enumerate(facts)
        )
    )
