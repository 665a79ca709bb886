"""What the rules over one event must raise, worked out by hand: shares no code with the rules."""

from __future__ import annotations

import random
from typing import Any

Event = dict[str, Any]


def fired(event: Event) -> set[str]:
    """The rules that an event fires."""
    kind = event["event_type"]
    rules = set()
    if kind == "application":
        if event["loan_amount_cents"] > 1_500_000 and event["credit_score"] < 450:
            rules.add("risky_application")
        income = event.get("annual_income_cents")
        if income is not None and event["loan_amount_cents"] > 2 * income:
            rules.add("unaffordable_loan")
    if kind == "transaction":
        if event.get("channel") == "ecommerce" and event["amount_cents"] >= 500_000:
            rules.add("large_ecommerce_amount")
        if event.get("channel") == "atm" and event["amount_cents"] >= 200_000:
            rules.add("large_atm_withdrawal")
    if kind == "credit_usage" and event["balance_cents"] > event["credit_limit_cents"]:
        rules.add("overdrawn_credit_line")
    if kind == "payment" and event["status"] == "missed" and (event.get("days_past_due") or 0) >= 90:
        rules.add("severely_past_due")
    return rules


EVIDENCE = {
    "risky_application": ("loan_amount_cents", "credit_score"),
    "unaffordable_loan": ("annual_income_cents", "loan_amount_cents"),
    "large_ecommerce_amount": ("channel", "amount_cents", "currency"),
    "large_atm_withdrawal": ("channel", "amount_cents", "currency"),
    "overdrawn_credit_line": ("balance_cents", "credit_limit_cents"),
    "severely_past_due": ("status", "days_past_due"),
}


def kept(event: Event) -> Event:
    """The event as an alert shows it: known fields that are not null, currency filled in."""
    shown = {name: value for name, value in event.items() if value is not None and name != "unknown"}
    if event["event_type"] in ("application", "transaction"):
        shown.setdefault("currency", "USD")
    return shown


def evidence(rule: str, event: Event) -> Event:
    """The values that the rule reads."""
    return {name: kept(event).get(name) for name in EVIDENCE[rule]}


def events(prefix: str, count: int, now_ms: int, seed: int = 1) -> list[Event]:
    """Valid events close to the rules' limits, with optional fields absent or null at times."""
    chance = random.Random(seed)
    return [_event(chance, f"{prefix}{number}", now_ms) for number in range(count)]


def _event(chance: random.Random, event_id: str, now_ms: int) -> Event:
    kind = chance.choice(["application", "transaction", "payment", "credit_usage", "label"])
    near = chance.choice([-1, 0, 1])
    event: Event = {
        "event_id": event_id,
        "event_type": kind,
        "event_time_ms": now_ms - chance.randrange(10_000_000),
        "user_id": f"user-{chance.randrange(50)}-ü😀",
        "unknown": {"nested": [1, 2.5, None]},
    }
    if kind == "application":
        event |= {"credit_score": chance.choice([300, 449, 450, 850]), "loan_amount_cents": 1_500_000 + near}
        event["annual_income_cents"] = chance.choice([None, 0, 750_000, 750_001, 90_000_000])
        event["region"] = chance.choice([None, 'it\'s "north" \\ 😀', "ö"])
    elif kind == "transaction":
        event |= {
            "card_id": "card-1",
            "merchant_id": "m-1",
            "latitude": chance.choice([None, 47.12345678901, -0.5]),
        }
        event["amount_cents"] = chance.choice([200_000, 500_000, 99_999_999_999_998]) + near
        event["channel"] = chance.choice([None, "pos", "ecommerce", "atm"])
        event["currency"] = chance.choice([None, "EUR"])
    elif kind == "payment":
        event |= {"application_id": "a-1", "status": chance.choice(["made", "missed"]), "amount_cents": 0}
        event["days_past_due"] = chance.choice([None, 89, 90, 91])
    elif kind == "credit_usage":
        event |= {"credit_limit_cents": 100_000, "balance_cents": 100_000 + near}
    else:
        event |= {"labelled_event_id": "x", "is_fraud": chance.choice([True, False])}
    return event
