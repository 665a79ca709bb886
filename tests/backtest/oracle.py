"""A backtest by its definitions, over events as dictionaries: every measure by a loop over all events."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

DAY_MS = 86_400_000

Event = Mapping[str, Any]
Fired = Mapping[str, frozenset[str]]
"""event_id -> ids of the rules that fire on it."""


@dataclass(frozen=True)
class Oracle:
    """Events with their place on the topic, what fired on them, and how labels count."""

    events: Sequence[Event]
    fired: Fired
    first_day: int
    last_day: int
    as_of_ms: int
    clock: str = "event_time_ms"
    settled_days: int = 7

    def label(self, event: Event) -> bool | None:
        """Whether the event is fraud, as far as was known; None while it is open."""
        arrived = [
            label
            for label in self.events
            if label["event_type"] == "label"
            and label["labelled_event_id"] == event["event_id"]
            and label[self.clock] <= self.as_of_ms
        ]
        if arrived:
            newest = max(
                arrived,
                key=lambda label: (
                    label["event_time_ms"],
                    label["append_time_ms"],
                    label["partition"],
                    label["offset"],
                ),
            )
            return bool(newest["is_fraud"])
        return False if event["event_time_ms"] + self.settled_days * DAY_MS <= self.as_of_ms else None

    def period(self, types: Collection[str]) -> list[Event]:
        """The period's events of the types."""
        return [
            event
            for event in self.events
            if event["event_type"] in types
            and self.first_day <= event["event_time_ms"] // DAY_MS <= self.last_day
        ]

    def caught(self, events: Sequence[Event]) -> dict[str, Any]:
        """Counts, precision and amounts of some events."""
        labels = {event["event_id"]: self.label(event) for event in events}
        frauds = [event for event in events if labels[event["event_id"]] is True]
        genuine = [event for event in events if labels[event["event_id"]] is False]
        known = len(frauds) + len(genuine)
        return {
            "events": len(events),
            "frauds": len(frauds),
            "genuine": len(genuine),
            "unlabelled": len(events) - known,
            "precision": len(frauds) / known if known else None,
            "amount_saved_cents": _amounts(frauds),
            "amount_held_up_cents": _amounts(genuine),
        }

    def figures(self, rules: Collection[str], types: Collection[str]) -> dict[str, Any]:
        """What rules that act as one do."""
        period = self.period(types)
        hit = [event for event in period if self.fired[event["event_id"]] & set(rules)]
        caught, present = self.caught(hit), self.caught(period)
        by_day = [
            sum(
                len(self.fired[event["event_id"]] & set(rules))
                for event in hit
                if event["event_time_ms"] // DAY_MS == day
            )
            for day in range(self.first_day, self.last_day + 1)
        ]
        return {
            "alerts": sum(by_day),
            "alerts_by_day": by_day,
            "caught": caught,
            "present": present,
            "recall": caught["frauds"] / present["frauds"] if present["frauds"] else None,
        }

    def comparison(
        self, rule: str, on: str, tested: Collection[str], live: Collection[str]
    ) -> dict[str, Any]:
        """A rule's events that others alert on too, and those that it has alone."""
        own = [event for event in self.period([on]) if rule in self.fired[event["event_id"]]]
        others = (set(tested) | set(live)) - {rule}
        return {
            "shared_with_live": sum(bool(self.fired[event["event_id"]] & set(live)) for event in own),
            "shared_by_rule": {
                other: sum(other in self.fired[event["event_id"]] for event in own) for other in live
            },
            "alone": self.caught([event for event in own if not self.fired[event["event_id"]] & others]),
        }


def _amounts(events: Sequence[Event]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for event in events:
        field = {"transaction": "amount_cents", "application": "loan_amount_cents"}.get(event["event_type"])
        if field and event[field]:
            currency = event["currency"] or "?"
            sums[currency] = sums.get(currency, 0) + event[field]
    return sums
