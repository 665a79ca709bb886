"""What the measures are computed from: events of the lake, counted by what fired on them and their label.

Days are UTC days of event time, counted from 1970-01-01. Nothing here knows Spark.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

DAY_MS = 86_400_000

Label = Literal["fraud", "genuine", "unlabelled"]
"""What was known of an event at the as-of time. ``unlabelled``: too young to be taken for genuine."""


@dataclass(frozen=True)
class Outcome:
    """Events that are alike: how many, and the sum of their amounts in minor units of ``currency``.

    ``fired`` holds the positions of the rules that fire on them. ``card_id`` is given where a rule
    fires or the label says fraud, and the event is a card's; ``amount_cents`` is 0 for events without one.
    """

    day: int
    event_type: str
    card_id: str | None
    fired: frozenset[int]
    label: Label
    currency: str
    events: int
    amount_cents: int


@dataclass(frozen=True)
class RuleSet:
    """Rules that are measured as one: their positions, and the event types that they read."""

    name: str
    positions: frozenset[int]
    event_types: frozenset[str]


class Likeness(NamedTuple):
    """What alike events have in common once their cards do not matter."""

    day: int
    event_type: str
    fired: frozenset[int]
    label: Label
    currency: str


@dataclass(frozen=True)
class Tally:
    """Events and amounts by likeness, over the days from ``first_day`` to ``last_day``, both included."""

    first_day: int
    last_day: int
    events: Mapping[Likeness, int]
    amounts: Mapping[Likeness, int]

    @property
    def days(self) -> range:
        """The days of the period."""
        return range(self.first_day, self.last_day + 1)


@dataclass(frozen=True)
class KnownFraud:
    """A card of which a fraud became known on ``day``, by the arrival of a label."""

    card_id: str
    day: int


@dataclass(frozen=True)
class History:
    """Everything that a backtest read: outcomes of the period, and when each card's frauds became known."""

    first_day: int
    last_day: int
    outcomes: Sequence[Outcome]
    known_frauds: Sequence[KnownFraud]

    @property
    def unsettled_days(self) -> frozenset[int]:
        """Days with events that may still be labelled: nothing is said of their cards."""
        return frozenset(outcome.day for outcome in self.outcomes if outcome.label == "unlabelled")


def tally(first_day: int, last_day: int, outcomes: Iterable[Outcome]) -> Tally:
    """Sum up outcomes over their cards."""
    events: Counter[Likeness] = Counter()
    amounts: Counter[Likeness] = Counter()
    for outcome in outcomes:
        alike = Likeness(outcome.day, outcome.event_type, outcome.fired, outcome.label, outcome.currency)
        events[alike] += outcome.events
        amounts[alike] += outcome.amount_cents
    return Tally(first_day, last_day, events, amounts)
