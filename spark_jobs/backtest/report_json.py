"""A backtest as JSON: amounts in minor units, shares between 0 and 1, days as ``yyyy-mm-dd``."""

from __future__ import annotations

from typing import Any

from spark_jobs.backtest.backtesting import Backtest, RuleResult
from spark_jobs.backtest.card_precision import CardPrecision
from spark_jobs.backtest.measures import Caught, Figures
from spark_jobs.backtest.report import day_text


def as_json(result: Backtest) -> dict[str, Any]:
    """Return everything that was measured, for programs."""
    asked, days = result.question, result.days
    return {
        "first_day": day_text(days.start),
        "last_day": day_text(days.stop - 1),
        "as_of_ms": asked.as_of_ms,
        "label_clock": asked.label_clock,
        "settled_days": asked.settled_days,
        "blocked_days": asked.blocked_days,
        "rules": [_rule(rule, result) for rule in result.by_rule],
        "sets": {
            rules.figures.name: _figures(rules.figures, rules.card_precision)
            for rules in (result.tested, result.live, result.together)
        },
    }


def _rule(rule: RuleResult, result: Backtest) -> dict[str, Any]:
    live = {len(result.question.tested) + n: other.id for n, other in enumerate(result.question.live)}
    return {
        "rule_id": rule.rule.id,
        "rule_version": rule.rule.version,
        **_figures(rule.figures, rule.card_precision),
        "shared_with_live": rule.overlap.shared_with_live,
        "shared_by_rule": {live[n]: events for n, events in rule.overlap.shared_by_rule.items()},
        "alone": _caught(rule.overlap.alone),
    }


def _figures(figures: Figures, cards: CardPrecision) -> dict[str, Any]:
    return {
        "alerts": figures.alerts,
        "alerts_a_day": figures.alerts_a_day,
        "alerts_by_day": list(figures.alerts_by_day),
        "caught": _caught(figures.caught),
        "present": _caught(figures.present),
        "recall": figures.recall,
        "precision_interval": figures.precision_interval,
        "card_precision": {
            "k": cards.k,
            "mean": cards.mean,
            "best": cards.best,
            "days": len(cards.hits_by_day),
            "hits_by_day": {day_text(day): hits for day, hits in cards.hits_by_day.items()},
        },
    }


def _caught(caught: Caught) -> dict[str, Any]:
    return {
        "events": caught.events,
        "frauds": caught.frauds,
        "genuine": caught.genuine,
        "unlabelled": caught.unlabelled,
        "precision": caught.precision,
        "amount_saved_cents": caught.fraud_cents,
        "amount_held_up_cents": caught.genuine_cents,
    }
