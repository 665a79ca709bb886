"""The truth about a topic in plain Python, without code of the jobs: all that they know is written anew."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

Event = dict[str, Any]
Place = tuple[int, int]

COMMON = ("event_id", "event_type", "event_time_ms", "user_id")
FIELDS = {
    "application": [
        "credit_score",
        "loan_amount_cents",
        "currency",
        "region",
        "purpose",
        "term_months",
        "annual_income_cents",
        "employment_status",
    ],
    "transaction": [
        "amount_cents",
        "card_id",
        "merchant_id",
        "currency",
        "merchant_category",
        "card_type",
        "device_id",
        "channel",
        "country",
        "city",
        "latitude",
        "longitude",
    ],
    "payment": [
        "application_id",
        "status",
        "amount_cents",
        "days_past_due",
    ],
    "credit_usage": [
        "credit_limit_cents",
        "balance_cents",
        "application_id",
    ],
    "label": [
        "labelled_event_id",
        "is_fraud",
        "source",
    ],
}


class Message(NamedTuple):
    """One message as it lies on the topic."""

    partition: int
    offset: int
    append_time_ms: int
    value: bytes | None

    @property
    def place(self) -> Place:
        """Partition and offset."""
        return self.partition, self.offset


class Rule(NamedTuple):
    """A rule in Python."""

    event_type: str
    fires: Callable[[Event], bool]
    evidence: tuple[str, ...]
    severity: str
    message: Callable[[Event], str]


RULES = {
    "large_atm_withdrawal": Rule(
        "transaction",
        lambda e: e.get("channel") == "atm" and e["amount_cents"] >= 200_000,
        ("channel", "amount_cents", "currency"),
        "medium",
        lambda e: f"Cash withdrawal of {e['amount_cents']} {e['currency']} in minor units",
    ),
    "large_ecommerce_amount": Rule(
        "transaction",
        lambda e: e.get("channel") == "ecommerce" and e["amount_cents"] >= 500_000,
        ("channel", "amount_cents", "currency"),
        "medium",
        lambda e: f"Online purchase of {e['amount_cents']} {e['currency']} in minor units",
    ),
    "overdrawn_credit_line": Rule(
        "credit_usage",
        lambda e: e["balance_cents"] > e["credit_limit_cents"],
        ("balance_cents", "credit_limit_cents"),
        "medium",
        lambda e: f"Balance {e['balance_cents']} over the limit {e['credit_limit_cents']}",
    ),
    "risky_application": Rule(
        "application",
        lambda e: e["loan_amount_cents"] > 1_500_000 and e["credit_score"] < 450,
        ("loan_amount_cents", "credit_score"),
        "high",
        lambda _: "Risky transaction",
    ),
    "severely_past_due": Rule(
        "payment",
        lambda e: e["status"] == "missed" and e.get("days_past_due", 0) >= 90,
        ("status", "days_past_due"),
        "high",
        lambda e: f"Instalment {e['days_past_due']} days past due",
    ),
    "unaffordable_loan": Rule(
        "application",
        lambda e: "annual_income_cents" in e and e["loan_amount_cents"] > 2 * e["annual_income_cents"],
        ("annual_income_cents", "loan_amount_cents"),
        "medium",
        lambda e: f"Loan {e['loan_amount_cents']} is over twice the income {e['annual_income_cents']}",
    ),
}


@dataclass
class Truth:
    """What the platform has to end with."""

    accepted: dict[str, tuple[Event, Message]] = field(default_factory=dict)
    duplicates: int = 0
    quarantined: dict[Place, str] = field(default_factory=dict)
    conflicts: list[tuple[Event, Message]] = field(default_factory=list)

    def of_type(self, event_type: str) -> dict[str, tuple[Event, Message]]:
        """The accepted events of one type."""
        return {
            name: (event, message)
            for name, (event, message) in self.accepted.items()
            if event["event_type"] == event_type
        }


def judge_messages(messages: Iterable[Message], broken: Mapping[Place, str]) -> Truth:
    """Decide every message; those in ``broken`` were sent broken, with the reason that is due."""
    truth = Truth()
    for message in sorted(messages, key=lambda m: (m.append_time_ms, m.partition, m.offset)):
        if message.place in broken:
            truth.quarantined[message.place] = broken[message.place]
            continue
        event = read_good(message.value or b"")
        known = truth.accepted.get(event["event_id"])
        if known is None:
            truth.accepted[event["event_id"]] = event, message
        elif known[0] == event:
            truth.duplicates += 1
        else:
            truth.quarantined[message.place] = "conflicting_duplicate"
            truth.conflicts.append((event, message))
    return truth


def read_good(value: bytes) -> Event:
    """Read a good message: its contract fields that are not null, the currency filled in."""
    whole = json.loads(value)
    names = (*COMMON, *FIELDS[whole["event_type"]])
    event = {name: whole[name] for name in names if whole.get(name) is not None}
    if "currency" in names:
        event.setdefault("currency", "USD")
    return event


def expected_alerts(truth: Truth, topic: str) -> dict[str, dict[str, Any]]:
    """Every alert that must be in the store, without the times and the run."""
    alerts = {}
    for event, message in truth.accepted.values():
        for name in firing(event):
            alerts[f"{name}:{event['event_id']}"] = _alert(name, event, message, topic, "confirmed", None)
    for event, message in truth.conflicts:
        for name in firing(event):
            alert_id = f"{name}:{event['event_id']}"
            if alert_id not in alerts:
                alerts[alert_id] = _alert(name, event, message, topic, "retracted", "duplicate_state")
    return alerts


def firing(event: Event) -> list[str]:
    """The rules that fire on an event."""
    return [
        name for name, rule in RULES.items() if rule.event_type == event["event_type"] and rule.fires(event)
    ]


def _alert(
    name: str, event: Event, message: Message, topic: str, status: str, reason: str | None
) -> dict[str, Any]:
    rule = RULES[name]
    return {
        "_id": f"{name}:{event['event_id']}",
        "rule_id": name,
        "rule_version": 1,
        "severity": rule.severity,
        "message": rule.message(event),
        **{common: event[common] for common in COMMON},
        "evidence": {field_name: event.get(field_name) for field_name in rule.evidence},
        "event": event,
        "source": {"topic": topic, "partition": message.partition, "offset": message.offset},
        "seen": {},
        "status": status,
        "status_reason": reason,
    }


def risk_level(credit_score: int) -> str:
    """The level of a score."""
    return "Low" if credit_score >= 700 else "Medium" if credit_score >= 500 else "High"


def decision(event: Event) -> str:
    """What the lender decides."""
    if event["credit_score"] >= 600 and event["loan_amount_cents"] <= 1_500_000:
        return "approve"
    return "reject" if event["credit_score"] < 500 else "review"


def amount(cents: int) -> Decimal:
    """Minor units as units."""
    return Decimal(cents).scaleb(-2)


def expected_scores(truth: Truth) -> dict[str, tuple[Any, ...]]:
    """application_id -> its row of credit_scores, times and run aside."""
    return {
        name: (
            event["user_id"],
            event["credit_score"],
            amount(event["loan_amount_cents"]),
            event["currency"],
            event.get("region"),
            risk_level(event["credit_score"]),
            decision(event),
            event["event_time_ms"],
        )
        for name, (event, _) in truth.of_type("application").items()
    }


def expected_transactions(truth: Truth) -> dict[str, tuple[Any, ...]]:
    """transaction_id -> its row of processed_transactions, the run aside."""
    applications: dict[str, list[tuple[tuple[int, int, int, int], int]]] = {}
    for event, message in truth.of_type("application").values():
        order = (event["event_time_ms"], message.append_time_ms, message.partition, message.offset)
        applications.setdefault(event["user_id"], []).append((order, event["credit_score"]))
    labels = expected_labels(truth)
    rows = {}
    for name, (event, _) in truth.of_type("transaction").items():
        earlier = [
            known for known in applications.get(event["user_id"], ()) if known[0][0] <= event["event_time_ms"]
        ]
        score = max(earlier)[1] if earlier else None
        rows[name] = (
            event["user_id"],
            event["card_id"],
            amount(event["amount_cents"]),
            event["currency"],
            event["event_time_ms"],
            *(event.get(part) for part in ("city", "country", "merchant_id", "merchant_category")),
            *(event.get(part) for part in ("card_type", "device_id")),
            score,
            None if score is None else risk_level(score),
            labels.get(name),
        )
    return rows


def expected_labels(truth: Truth) -> dict[str, bool]:
    """labelled_event_id -> what the latest label says."""
    latest: dict[str, tuple[tuple[int, int, int, int], bool]] = {}
    for event, message in truth.of_type("label").values():
        order = (event["event_time_ms"], message.append_time_ms, message.partition, message.offset)
        known = latest.get(event["labelled_event_id"])
        if known is None or known[0] < order:
            latest[event["labelled_event_id"]] = order, event["is_fraud"]
    return {name: is_fraud for name, (_, is_fraud) in latest.items()}
