"""Random histories of cards, applications and labels, drawn from a seed, as rows of the lake."""

from __future__ import annotations

import random
from typing import Any

from contract.events import load_contract

FIRST_DAY = 20_000
DAYS = 20
DAY_MS = 86_400_000
ALERTING_RULES = {
    "large": ("transaction", "amount_cents > 60000", "high"),
    "abroad": ("transaction", "country <> 'DE' AND amount_cents > 10000", "medium"),
    "at_night": ("transaction", "event_time_ms / 3600000 % 24 < 5", "low"),
    "risky_loan": ("application", "credit_score < 500", "critical"),
}
WINDOWED_RULE = """
id: spree
version: 1
on: transaction
features:
  uses: COUNT(*) BY card_id OVER 2 DAYS
  mean: AVG(amount_cents) BY card_id OVER 5 DAYS
  frauds: COUNT(*) OF label WHERE is_fraud BY user_id OVER 3 DAYS
parameters:
  least_uses: 2 (1..9)
when: (uses >= least_uses AND amount_cents > mean OR frauds > 2) AND NOT LISTED(merchant_id, 'trusted')
severity: high
message: "{uses} uses"
"""
RULE_TEXT = """
id: {id}
version: 1
on: {on}
when: {when}
severity: {severity}
message: Look at it
"""


def rule_text(rule_id: str) -> str:
    """One of ALERTING_RULES as a file."""
    on, when, severity = ALERTING_RULES[rule_id]
    return RULE_TEXT.format(id=rule_id, on=on, when=when, severity=severity)


def draw_history(seed: int, number: int) -> list[dict[str, Any]]:
    """Events over DAYS days, some labelled once or several times, days later; every column is there."""
    draw = random.Random(seed)
    events = [_drawn_event(draw, index) for index in range(number)]
    labels = [label for event in events for label in _drawn_labels(draw, event)]
    draw.shuffle(labels)
    everything = sorted([*events, *labels], key=lambda event: event["event_time_ms"])
    return [_placed(draw, event, offset) for offset, event in enumerate(everything)]


def _drawn_event(draw: random.Random, index: int) -> dict[str, Any]:
    event: dict[str, Any] = {
        "event_id": f"e{index}",
        "event_time_ms": FIRST_DAY * DAY_MS + draw.randrange(DAYS * DAY_MS),
        "user_id": f"user-{draw.randrange(8)}",
    }
    if draw.random() < 0.2:
        loan = {"credit_score": draw.randrange(300, 851), "loan_amount_cents": draw.randrange(1, 10**7)}
        return event | loan | {"event_type": "application", "currency": "USD"}
    return event | {
        "event_type": "transaction",
        "amount_cents": draw.choice([0, 10_000, 60_000, draw.randrange(100_000)]),
        "card_id": f"card-{draw.randrange(25)}",
        "merchant_id": f"merchant-{draw.randrange(5)}",
        "country": draw.choice(["DE", "FR", None]),
        "currency": draw.choice(["USD", "EUR"]),
    }


def _drawn_labels(draw: random.Random, event: dict[str, Any]) -> list[dict[str, Any]]:
    fraud = draw.random() < 0.3
    count = draw.choice([0, 1, 1, 2]) if fraud else draw.choice([0, 0, 0, 1])
    return [
        {
            "event_id": f"l{number}-{event['event_id']}",
            "event_type": "label",
            "event_time_ms": event["event_time_ms"] + draw.randrange(9) * DAY_MS,
            "user_id": event["user_id"],
            "labelled_event_id": event["event_id"],
            "is_fraud": fraud if not number else draw.random() < 0.5,
        }
        for number in range(count)
    ]


def _placed(draw: random.Random, event: dict[str, Any], offset: int) -> dict[str, Any]:
    place = {"topic": "t", "partition": draw.randrange(2), "offset": offset}
    arrived = {"append_time_ms": event["event_time_ms"] + draw.randrange(3) * DAY_MS}
    return {column.name: None for column in load_contract().columns} | event | place | arrived
