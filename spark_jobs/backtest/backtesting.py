"""One backtest: the rules over the lake's history, measured one by one and together."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pyspark.sql import DataFrame

from rules.catalog import Rule
from rules.compiler import compile_rule
from rules.fact_history import FactHistory
from spark_jobs.backtest.card_precision import CardPrecision, CardRanking
from spark_jobs.backtest.evaluating import evaluable
from spark_jobs.backtest.lake_history import (
    count_outcomes,
    find_extent,
    find_known_frauds,
    known_labels,
)
from spark_jobs.backtest.measures import Figures, Overlap, measure, overlap
from spark_jobs.backtest.outcomes import DAY_MS, History, RuleSet, Tally, tally
from spark_jobs.backtest.question import BacktestError, Question

SEVERITIES = ("low", "medium", "high", "critical")


@dataclass(frozen=True)
class SetResult:
    """What rules that act as one would have done."""

    figures: Figures
    card_precision: CardPrecision


@dataclass(frozen=True)
class RuleResult:
    """What one tested rule would have done, and how it compares with the others."""

    rule: Rule
    figures: Figures
    card_precision: CardPrecision
    overlap: Overlap


@dataclass(frozen=True)
class Backtest:
    """The answer to a question, whose days and as-of time are filled in."""

    question: Question
    by_rule: tuple[RuleResult, ...]
    tested: SetResult
    live: SetResult
    together: SetResult
    """The tested and the live rules."""

    @property
    def days(self) -> range:
        """The days of the period."""
        return _days(self.question)


def backtest(question: Question, events: DataFrame, facts: FactHistory) -> Backtest:
    """Evaluate the rules over the events of the lake, and measure what they would have done.

    ``events`` is the lake as :func:`spark_jobs.lake.read_events` gives it; ``facts`` are all that
    count.

    Raises:
        BacktestError: the lake has no event of the types that the tested rules read, or the period is empty.
        PlanError: the rules together ask for too many features.
    """
    asked = _filled_in(question, events)
    return measure_history(asked, read_history(asked, events, facts))


def read_history(question: Question, events: DataFrame, facts: FactHistory) -> History:
    """Read what the measures need. The question's days and as-of time are filled in."""
    days = _days(question)
    as_of_ms = question.as_of_ms
    assert as_of_ms is not None
    labels = known_labels(events, question.label_clock, as_of_ms).persist()
    try:
        judged = evaluable(events, question.rules, days, facts)
        settled_ms = as_of_ms - question.settled_days * DAY_MS
        outcomes = count_outcomes(judged, labels, _conditions(question), settled_ms)
        return History(days.start, days.stop - 1, outcomes, find_known_frauds(events, labels))
    finally:
        labels.unpersist()


def _conditions(question: Question) -> list[str]:
    """Tested rules alert always; live ones where they were neither switched off nor in shadow."""
    tested = [compile_rule(rule).condition("spark") for rule in question.tested]
    live = [compile_rule(rule) for rule in question.live]
    return tested + [f"{rule.condition('spark')} AND {rule.mode('spark')} = 'on'" for rule in live]


def measure_history(question: Question, history: History) -> Backtest:
    """Measure each tested rule, and the tested and the live ones together."""
    counted = tally(history.first_day, history.last_day, history.outcomes)
    return _Measuring(question, history, counted).backtest()


@dataclass(frozen=True)
class _Measuring:
    """A question with the history that answers it."""

    question: Question
    history: History
    counted: Tally

    def backtest(self) -> Backtest:
        """Measure every set of rules."""
        tested = frozenset(range(len(self.question.tested)))
        live = frozenset(range(len(tested), len(self.question.rules)))
        return Backtest(
            self.question,
            tuple(self._rule(position, tested, live) for position in sorted(tested)),
            self._set("tested rules together", tested),
            self._set("live rules", live),
            self._set("live and tested rules", live | tested),
        )

    def _rule(self, position: int, tested: frozenset[int], live: frozenset[int]) -> RuleResult:
        rule = self.question.rules[position]
        alone = self._set(rule.id, frozenset([position]))
        compared = overlap(position, tested, live, self.counted)
        return RuleResult(rule, alone.figures, alone.card_precision, compared)

    def _set(self, name: str, positions: frozenset[int]) -> SetResult:
        types = frozenset(self.question.rules[position].on for position in positions)
        return SetResult(
            measure(RuleSet(name, positions, types), self.counted),
            self._ranking().evaluate(self.history, positions),
        )

    def _ranking(self) -> CardRanking:
        severities = [SEVERITIES.index(rule.severity) for rule in self.question.rules]
        return CardRanking(self.question.k, severities, self.question.blocked_days)


def _filled_in(question: Question, events: DataFrame) -> Question:
    """Take the days and the as-of time that were not given from the lake."""
    types = sorted({rule.on for rule in question.tested})
    extent = find_extent(events, types, question.label_clock)
    if extent is None:
        raise BacktestError(f"the lake holds no event of type {' or '.join(types)}: land some first")
    asked = replace(
        question,
        first_day=extent.first_day if question.first_day is None else question.first_day,
        last_day=extent.last_day if question.last_day is None else question.last_day,
        as_of_ms=extent.newest_ms if question.as_of_ms is None else question.as_of_ms,
    )
    if not _days(asked):
        raise BacktestError("expected a period whose first day is not after its last, as --from and --to")
    return asked


def _days(question: Question) -> range:
    assert question.first_day is not None
    assert question.last_day is not None
    return range(question.first_day, question.last_day + 1)
