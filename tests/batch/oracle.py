"""What the warehouse has to hold, in plain Python, from the messages and nothing of the jobs' code.

It does not judge messages: each one carries the reason that its author expects.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIELDS = {
    "application": ["credit_score", "loan_amount_cents", "currency", "region", "purpose", "term_months",
                    "annual_income_cents", "employment_status"],
    "transaction": ["amount_cents", "card_id", "merchant_id", "currency", "merchant_category", "card_type",
                    "device_id", "channel", "country", "city", "latitude", "longitude"],
    "payment": ["application_id", "status", "amount_cents", "days_past_due"],
    "credit_usage": ["credit_limit_cents", "balance_cents", "application_id"],
    "label": ["labelled_event_id", "is_fraud", "source"],
}  # fmt: skip
COMMON = ["event_id", "event_type", "event_time_ms", "user_id"]


@dataclass(frozen=True, order=True)
class Message:
    """One message at its place; the order is that of the topic."""

    topic: str = field(compare=False)
    partition: int = field(compare=False)
    offset: int = field(compare=False)
    append_time_ms: int = field(compare=False)
    payload: bytes | None = field(compare=False)
    reason: str | None = field(compare=False)
    order: tuple[int, int, int] = field(default=(0, 0, 0))

    def at(self, append_time_ms: int) -> Message:
        """The same message, its append time known."""
        order = (append_time_ms, self.partition, self.offset)
        return replace(self, append_time_ms=append_time_ms, order=order)

    @property
    def place(self) -> tuple[str, int, int]:
        return (self.topic, self.partition, self.offset)


@dataclass
class Oracle:
    """Takes in one run after the other and knows what must stand in the tables then."""

    known: dict[str, dict[str, Any]] = field(default_factory=dict)
    accepted: list[tuple[Message, dict[str, Any]]] = field(default_factory=list)
    quarantined: dict[tuple[str, int, int], str] = field(default_factory=dict)

    def land(self, messages: Iterable[Message]) -> Counter[str]:
        """Take in one run; count its messages by outcome and reason."""
        counts: Counter[str] = Counter()
        for message in sorted(messages):
            counts[self._take(message)] += 1
        return counts

    def _take(self, message: Message) -> str:
        if message.reason is not None:
            self.quarantined[message.place] = message.reason
            return message.reason
        event = canonical(json.loads(message.payload or b""))
        first = self.known.setdefault(event["event_id"], event)
        if first is event:
            self.accepted.append((message, event))
            return "accepted"
        if first == event:
            return "duplicate"
        self.quarantined[message.place] = "conflicting_duplicate"
        return "conflicting_duplicate"

    def credit_scores(self) -> set[tuple[Any, ...]]:
        """application, user, score, loan, currency, region, risk level, decision, event time."""
        return {
            (e["event_id"], e["user_id"], e["credit_score"], cents(e["loan_amount_cents"]), e["currency"],
             e.get("region"), risk_level(e["credit_score"]),
             decision(e["credit_score"], e["loan_amount_cents"]), instant(e["event_time_ms"]))
            for _, e in self.accepted if e["event_type"] == "application"
        }  # fmt: skip

    def processed_transactions(self) -> set[tuple[Any, ...]]:
        """All columns but the run's."""
        names = ["city", "country", "merchant_id", "merchant_category", "card_type", "device_id"]
        rows = set()
        for _, e in self.accepted:
            if e["event_type"] == "transaction":
                score = self._score_as_of(e["user_id"], e["event_time_ms"])
                rows.add(
                    (e["event_id"], e["user_id"], e["card_id"], cents(e["amount_cents"]), e["currency"],
                     instant(e["event_time_ms"]), *(e.get(name) for name in names), score,
                     None if score is None else risk_level(score), self._label(e["event_id"]))
                )  # fmt: skip
        return rows

    def _score_as_of(self, user_id: str, event_time_ms: int) -> int | None:
        scores = [
            ((e["event_time_ms"], message.order), e["credit_score"])
            for message, e in self.accepted
            if e["event_type"] == "application"
            and e["user_id"] == user_id
            and e["event_time_ms"] <= event_time_ms
        ]
        return max(scores)[1] if scores else None

    def _label(self, event_id: str) -> bool | None:
        labels = [
            ((e["event_time_ms"], message.order), e["is_fraud"])
            for message, e in self.accepted
            if e["event_type"] == "label" and e["labelled_event_id"] == event_id
        ]
        return max(labels)[1] if labels else None


def canonical(event: dict[str, Any]) -> dict[str, Any]:
    """The contract's fields that are there, the default currency filled in."""
    names = COMMON + FIELDS[event["event_type"]]
    kept = {name: event[name] for name in names if event.get(name) is not None}
    if "currency" in names:
        kept.setdefault("currency", "USD")
    return kept


def risk_level(credit_score: int) -> str:
    return "Low" if credit_score >= 700 else "Medium" if credit_score >= 500 else "High"


def decision(credit_score: int, loan_amount_cents: int) -> str:
    if credit_score >= 600 and loan_amount_cents <= 15_000_00:
        return "approve"
    return "reject" if credit_score < 500 else "review"


def cents(amount: int) -> Decimal:
    return Decimal(amount) / 100


def instant(time_ms: int) -> datetime:
    return EPOCH + timedelta(milliseconds=time_ms)
