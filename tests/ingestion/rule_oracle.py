"""The stateless rules as plain Python, written from their descriptions and not from the catalog."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Event = dict[str, Any]

STATELESS_RULES: dict[str, tuple[str, Callable[[Event], bool]]] = {
    "risky_application": (
        "application",
        lambda e: e["loan_amount_cents"] > 1_500_000 and e["credit_score"] < 450,
    ),
    "unaffordable_loan": (
        "application",
        lambda e: (
            e.get("annual_income_cents") is not None and e["loan_amount_cents"] > 2 * e["annual_income_cents"]
        ),
    ),
    "large_ecommerce_amount": (
        "transaction",
        lambda e: e.get("channel") == "ecommerce" and e["amount_cents"] >= 500_000,
    ),
    "large_atm_withdrawal": (
        "transaction",
        lambda e: e.get("channel") == "atm" and e["amount_cents"] >= 200_000,
    ),
    "overdrawn_credit_line": ("credit_usage", lambda e: e["balance_cents"] > e["credit_limit_cents"]),
    "severely_past_due": (
        "payment",
        lambda e: e["status"] == "missed" and (e.get("days_past_due") or 0) >= 90,
    ),
}


def tripped_rules(event: Event) -> set[str]:
    """Ids of the rules that this event trips."""
    return {
        rule_id
        for rule_id, (event_type, holds) in STATELESS_RULES.items()
        if event["event_type"] == event_type and holds(event)
    }
