"""Card precision at k: of the k cards a day that a team can look at, how many are compromised.

As in chapter 4 of the Fraud Detection Handbook (Le Borgne, Siblini, Lebichot, Bontempi, 2022): a day's
cards are ranked, the first k are looked at, and the precision is the compromised ones among them over k,
also on days with fewer than k suspicious cards; then the mean over the days is taken. A card that was
found on an earlier day is out of the later days; so is a card of which a fraud label arrived before the
day began, as the Handbook does when it prepares its test days.

Rules give no score, so a day's cards are ranked by the highest severity among their alerts, then by how
many different rules fired, then by alerts, then by their amount, then by id.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from spark_jobs.backtest.outcomes import History, KnownFraud, Outcome


@dataclass(frozen=True)
class CardPrecision:
    """Compromised cards among the first k of each day, and all that there were; settled days only."""

    k: int
    hits_by_day: Mapping[int, int]
    compromised_by_day: Mapping[int, int]

    @property
    def mean(self) -> float | None:
        """Card precision at k, the mean over the days; None without a settled day."""
        return _mean([hits / self.k for hits in self.hits_by_day.values()])

    @property
    def best(self) -> float | None:
        """What a perfect ranking of all cards would reach on the same days."""
        return _mean([min(self.k, cards) / self.k for cards in self.compromised_by_day.values()])


@dataclass
class _CardDay:
    """One card's events of one day."""

    severity: int = -1
    rules: set[int] = field(default_factory=set)
    alerts: int = 0
    amount_cents: int = 0
    compromised: bool = False

    def add(self, outcome: Outcome, positions: frozenset[int], severities: Sequence[int]) -> None:
        """Take events in; those without an alert only tell whether the card is compromised."""
        self.compromised |= outcome.label == "fraud"
        fired = outcome.fired & positions
        if fired:
            self.severity = max(self.severity, *(severities[position] for position in fired))
            self.rules |= fired
            self.alerts += len(fired) * outcome.events
            self.amount_cents += outcome.amount_cents

    def rank(self, card_id: str) -> tuple[int, int, int, int, str]:
        """Sort key: the most suspicious card first."""
        return -self.severity, -len(self.rules), -self.alerts, -self.amount_cents, card_id


@dataclass(frozen=True)
class CardRanking:
    """How cards are ranked and left out. ``severities`` gives each rule's, the higher the worse."""

    k: int
    severities: Sequence[int]
    blocked_days: int | None = None
    """For how many days a card stays out once a fraud is known; for good when None."""

    def evaluate(self, history: History, positions: frozenset[int]) -> CardPrecision:
        """Return the card precision of the rules at ``positions``."""
        known, unsettled = _known_days(history.known_frauds), history.unsettled_days
        hits, compromised = {}, {}
        cards_by_day = self._cards_by_day(history, positions)
        for day in range(history.first_day, history.last_day + 1):
            if day in unsettled:
                continue
            cards = {
                card_id: card
                for card_id, card in cards_by_day.get(day, {}).items()
                if not self._is_out(known.get(card_id, []), day)
            }
            found = self._found(cards)
            hits[day] = len(found)
            compromised[day] = sum(card.compromised for card in cards.values())
            for card_id in found:
                known[card_id].append(day)
                known[card_id].sort()
        return CardPrecision(self.k, hits, compromised)

    def _cards_by_day(self, history: History, positions: frozenset[int]) -> dict[int, dict[str, _CardDay]]:
        days: dict[int, dict[str, _CardDay]] = defaultdict(dict)
        for outcome in history.outcomes:
            if outcome.card_id is not None:
                card = days[outcome.day].setdefault(outcome.card_id, _CardDay())
                card.add(outcome, positions, self.severities)
        return days

    def _found(self, cards: Mapping[str, _CardDay]) -> list[str]:
        """Return the compromised cards among the first k that have an alert."""
        suspicious = [card_id for card_id, card in cards.items() if card.alerts]
        ranked = sorted(suspicious, key=lambda card_id: cards[card_id].rank(card_id))
        return [card_id for card_id in ranked[: self.k] if cards[card_id].compromised]

    def _is_out(self, known_days: Sequence[int], day: int) -> bool:
        """Whether a fraud of the card was known before the day began, and not too long ago."""
        before = bisect_left(known_days, day)
        if not before:
            return False
        return self.blocked_days is None or day - known_days[before - 1] <= self.blocked_days


def _known_days(frauds: Sequence[KnownFraud]) -> dict[str, list[int]]:
    known: dict[str, list[int]] = defaultdict(list)
    for fraud in frauds:
        known[fraud.card_id].append(fraud.day)
    for days in known.values():
        days.sort()
    return known


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
