"""Card precision at k on literal days, and against a plain reading of its definition in pandas."""

from __future__ import annotations

import random
from typing import Any

import pandas as pd
import pytest

from spark_jobs.backtest.card_precision import CardPrecision, CardRanking
from spark_jobs.backtest.outcomes import History, KnownFraud, Label, Outcome

LOW, HIGH = 0, 2


def seen(card: str, label: Label, day: int = 1, fired: set[int] | None = None, **changes: Any) -> Outcome:
    values: dict[str, Any] = {"events": 1, "amount_cents": 100} | changes
    positions = frozenset({0} if fired is None else fired)
    return Outcome(day, "transaction", card, positions, label, "EUR", **values)


def precision(
    outcomes: list[Outcome],
    k: int = 2,
    known: list[KnownFraud] | None = None,
    blocked_days: int | None = None,
    severities: tuple[int, ...] = (LOW, HIGH),
) -> CardPrecision:
    days = [outcome.day for outcome in outcomes]
    history = History(min(days), max(days), outcomes, known or [])
    positions = frozenset(range(len(severities)))
    return CardRanking(k, severities, blocked_days).evaluate(history, positions)


def test_the_share_is_of_k_even_where_fewer_cards_have_an_alert() -> None:
    found = precision([seen("a", "fraud"), seen("b", "genuine")], k=10)
    assert (found.mean, found.best) == (0.1, 0.1)


def test_cards_are_ranked_by_severity_then_rules_then_alerts_then_amount() -> None:
    severe = [seen("a", "fraud", fired={1}), seen("b", "genuine", events=9)]
    many_rules = [
        seen("a", "fraud", fired={0}),
        seen("a", "fraud", fired={1}),
        seen("b", "genuine", fired={1}),
    ]
    many_alerts = [seen("b", "fraud", events=2), seen("a", "genuine")]
    large = [seen("b", "fraud", amount_cents=101), seen("a", "genuine")]
    assert [precision(day, k=1).mean for day in (severe, many_rules, many_alerts, large)] == [1.0] * 4
    assert precision([seen("b", "fraud"), seen("a", "genuine")], k=1).mean == 0.0


def test_a_card_found_on_one_day_is_out_of_the_later_ones() -> None:
    found = precision([seen("a", "fraud", day=1), seen("a", "fraud", day=2), seen("b", "genuine", day=2)])
    assert found.hits_by_day == {1: 1, 2: 0}
    assert found.compromised_by_day == {1: 1, 2: 0}


def test_a_card_that_was_overlooked_stays_in() -> None:
    days = [seen("a", "fraud", day=1, fired=set()), seen("a", "fraud", day=2)]
    assert precision(days).hits_by_day == {1: 0, 2: 1}


def test_a_card_is_out_once_its_label_had_arrived_before_the_day() -> None:
    days = [seen("a", "fraud", day=3), seen("b", "genuine", day=4)]
    assert precision(days, known=[KnownFraud("a", 3)]).hits_by_day[3] == 1
    assert precision(days, known=[KnownFraud("a", 2)]).hits_by_day[3] == 0


def test_a_card_comes_back_after_the_days_that_it_is_out_for() -> None:
    days = [seen("a", "fraud", day=day) for day in (1, 2, 3, 4)]
    assert precision(days, blocked_days=2).hits_by_day == {1: 1, 2: 0, 3: 0, 4: 1}


def test_nothing_is_said_of_days_whose_labels_may_still_come() -> None:
    found = precision([seen("a", "fraud", day=1), seen("b", "unlabelled", day=2, fired=set())])
    assert found.hits_by_day == {1: 1}


def test_days_without_any_card_count() -> None:
    found = precision([seen("a", "fraud", day=1), seen("b", "genuine", day=4)], k=1)
    assert found.mean == pytest.approx(1 / 4)


def test_only_unsettled_days_give_no_figure() -> None:
    assert precision([seen("a", "unlabelled")]).mean is None


@pytest.mark.parametrize("seed", range(5))
def test_it_is_what_the_definition_says_on_random_days(seed: int) -> None:
    draw = random.Random(seed)
    outcomes = [_drawn(draw) for _ in range(400)]
    found = precision(outcomes, k=5, severities=(0, 1, 2))
    hits, compromised = _by_definition(outcomes, 5)
    assert list(found.hits_by_day.values()) == hits
    assert list(found.compromised_by_day.values()) == compromised


def _drawn(draw: random.Random) -> Outcome:
    fired = set(draw.sample(range(3), draw.choice([0, 1, 1, 2])))
    label: Label = "fraud" if not fired or draw.random() < 0.4 else "genuine"
    card, day = f"card-{draw.randrange(40)}", draw.randrange(10)
    return seen(card, label, day, fired, events=draw.randrange(1, 4), amount_cents=draw.randrange(1, 10**6))


def _by_definition(outcomes: list[Outcome], k: int) -> tuple[list[int], list[int]]:
    """A day's cards in pandas, by the highest score; severities are the rules' positions here."""
    rows = pd.DataFrame([outcome.__dict__ for outcome in outcomes])
    rows["fraud"] = rows.label == "fraud"
    rows["alerts"] = rows.fired.map(len) * rows.events
    rows["severity"] = rows.fired.map(lambda fired: max(fired, default=-1))
    rows["amount"] = rows.amount_cents.where(rows.alerts > 0, 0)
    out: set[str] = set()
    hits, compromised = [], []
    for _, day in rows.sort_values("day").groupby("day"):
        left = day[~day.card_id.isin(out)]
        cards = left.groupby("card_id").agg(
            severity=("severity", "max"),
            rules=("fired", lambda fired: len(frozenset().union(*fired))),
            alerts=("alerts", "sum"),
            amount=("amount", "sum"),
            fraud=("fraud", "max"),
        )
        order = ["severity", "rules", "alerts", "amount"]
        top = cards[cards.alerts > 0].sort_values(order, ascending=False).head(k)
        found = set(top[top.fraud].index)
        hits.append(len(found))
        compromised.append(int(cards.fraud.sum()))
        out |= found
    return hits, compromised
