"""Measures of rules over a period, from counted outcomes.

* precision: events with an alert that are known frauds / events with an alert whose label is known
* recall: known frauds with an alert / known frauds, among the event types that the rules read
* amount saved: the amounts of the known frauds with an alert, as if each had been declined
* amount held up: the amounts of genuine events with an alert, which would have been declined too
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from spark_jobs.backtest.outcomes import Label, Likeness, RuleSet, Tally

Z_95 = 1.959964


@dataclass(frozen=True)
class Caught:
    """Events by label, and their amounts: currency -> minor units."""

    frauds: int = 0
    genuine: int = 0
    unlabelled: int = 0
    fraud_cents: Mapping[str, int] = field(default_factory=dict)
    genuine_cents: Mapping[str, int] = field(default_factory=dict)

    @property
    def events(self) -> int:
        """All of them."""
        return self.frauds + self.genuine + self.unlabelled

    @property
    def precision(self) -> float | None:
        """Share of frauds among those whose label is known; None where none is."""
        return _share(self.frauds, self.frauds + self.genuine)


@dataclass(frozen=True)
class Figures:
    """What a set of rules would have done over a period."""

    name: str
    alerts_by_day: tuple[int, ...]
    """One alert a rule and event; days without one count."""
    frauds_by_day: tuple[int, ...]
    """Known frauds with an alert."""
    caught: Caught
    present: Caught
    """All events of the types that the rules read, with an alert or without."""

    @property
    def alerts(self) -> int:
        """Alerts over the whole period."""
        return sum(self.alerts_by_day)

    @property
    def alerts_a_day(self) -> float:
        """Mean over all days of the period."""
        return self.alerts / len(self.alerts_by_day)

    @property
    def recall(self) -> float | None:
        """Share of the known frauds that have an alert; None where there are none."""
        return _share(self.caught.frauds, self.present.frauds)

    @property
    def precision_interval(self) -> tuple[float, float] | None:
        """Wilson's 95% interval of the precision; None where no label is known."""
        return _wilson(self.caught.frauds, self.caught.frauds + self.caught.genuine)


@dataclass(frozen=True)
class Overlap:
    """Which of a rule's events other rules alert on too."""

    shared_with_live: int
    """Events that at least one live rule alerts on too."""
    shared_by_rule: Mapping[int, int]
    """Position of a live rule -> events that it alerts on too."""
    alone: Caught
    """Events that no live rule and no other tested rule alerts on: what would be lost without the rule."""


def measure(rules: RuleSet, counted: Tally) -> Figures:
    """Return the figures of a set of rules over the period."""
    alerts, frauds = Counter[int](), Counter[int]()
    for alike, events in counted.events.items():
        fired = len(alike.fired & rules.positions)
        alerts[alike.day] += fired * events
        frauds[alike.day] += events if fired and alike.label == "fraud" else 0
    ours = [alike for alike in counted.events if alike.event_type in rules.event_types]
    return Figures(
        rules.name,
        tuple(alerts[day] for day in counted.days),
        tuple(frauds[day] for day in counted.days),
        _caught(counted, [alike for alike in ours if alike.fired & rules.positions]),
        _caught(counted, ours),
    )


def overlap(position: int, tested: frozenset[int], live: frozenset[int], counted: Tally) -> Overlap:
    """Compare the rule at ``position``, one of ``tested``, with the others."""
    own = [alike for alike in counted.events if position in alike.fired]
    shared: Counter[int] = Counter()
    for alike in own:
        for other in alike.fired & live:
            shared[other] += counted.events[alike]
    return Overlap(
        sum(counted.events[alike] for alike in own if alike.fired & live),
        {other: shared[other] for other in sorted(live)},
        _caught(counted, [alike for alike in own if alike.fired & (live | tested) == {position}]),
    )


def _caught(counted: Tally, chosen: list[Likeness]) -> Caught:
    events: Counter[Label] = Counter()
    cents: dict[Label, Counter[str]] = {"fraud": Counter(), "genuine": Counter(), "unlabelled": Counter()}
    for alike in chosen:
        events[alike.label] += counted.events[alike]
        if amount := counted.amounts[alike]:
            cents[alike.label][alike.currency] += amount
    return Caught(
        events["fraud"],
        events["genuine"],
        events["unlabelled"],
        dict(sorted(cents["fraud"].items())),
        dict(sorted(cents["genuine"].items())),
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _wilson(successes: int, trials: int) -> tuple[float, float] | None:
    """Return the score interval of E. B. Wilson, 1927, for a share."""
    if not trials:
        return None
    share, spread = successes / trials, Z_95**2 / trials
    middle = share + spread / 2
    half = Z_95 * math.sqrt(share * (1 - share) / trials + spread / (4 * trials))
    return max(0.0, (middle - half) / (1 + spread)), min(1.0, (middle + half) / (1 + spread))
