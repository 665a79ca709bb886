"""Events of half a year over a few customers, drawn from a seed and sent in no order of time."""

from __future__ import annotations

import random
import time
from typing import Any

DAY_MS = 86_400_000
LAST_MS = (int(time.time() * 1000) // DAY_MS - 1) * DAY_MS
DAYS = 180
USERS = [f"user-{number}" for number in range(15)]
LOANS = [f"a{number:03d}" for number in range(60)]
LOANS_WITHOUT_APPLICATION = ("old-1", "old-2")
DAYS_PAST_DUE = [None, 0, 1, 29, 30, 59, 60, 89, 90, 91, 400]


def draw_events(seed: int, number: int) -> list[dict[str, Any]]:
    """Applications a000 to a059 (some at one time of one user) among `number` events of all types."""
    draw = random.Random(seed)
    events = [_application(draw, loan_id) for loan_id in LOANS]
    while len(events) < number:
        index = len(events)
        maker = draw.choice([_transaction, _transaction, _payment, _payment, _label])
        events.append(maker(draw, f"e{index:04d}"))
    draw.shuffle(events)
    return events


def _event(draw: random.Random, event_id: str, event_type: str, **fields: Any) -> dict[str, Any]:
    common = {"event_id": event_id, "event_type": event_type, "user_id": draw.choice(USERS)}
    moment = LAST_MS - draw.randrange(DAYS) * DAY_MS + draw.choice([0, 0, 3_600_000, 86_399_999])
    return {**common, "event_time_ms": moment, **fields}


def _application(draw: random.Random, event_id: str) -> dict[str, Any]:
    return _event(
        draw, event_id, "application",
        credit_score=draw.choice([300, 499, 500, 640, 699, 700, 820]),
        loan_amount_cents=draw.choice([50_000, 100_000, 99_999, 1_500_000, 1_500_001, 5_000_000]),
        region=draw.choice([None, "North", "South"]), purpose=draw.choice([None, "car"]),
        term_months=draw.choice([None, 12, 60]), employment_status=draw.choice([None, "student"]),
        annual_income_cents=draw.choice([None, 0, 4_200_000]),
    )  # fmt: skip


def _transaction(draw: random.Random, event_id: str) -> dict[str, Any]:
    return _event(
        draw, event_id, "transaction",
        user_id=draw.choice([*USERS, "without-application"]),
        amount_cents=draw.choice([0, 999, 123_456]), card_id="card-1",
        merchant_id=f"m{draw.randrange(6)}", merchant_category=draw.choice([None, "fuel", "travel"]),
        card_type=draw.choice([None, "debit", "credit"]), channel=draw.choice(["pos", "atm", None]),
        country=draw.choice([None, "DE", "US"]), city=draw.choice([None, "Köln"]),
        currency=draw.choice(["EUR", "USD"]),
    )  # fmt: skip


def _payment(draw: random.Random, event_id: str) -> dict[str, Any]:
    loan_id = draw.choice([*LOANS[:20], *LOANS_WITHOUT_APPLICATION])
    status = draw.choice(["made", "made", "missed"])
    return _event(
        draw, event_id, "payment", application_id=loan_id, status=status,
        amount_cents=draw.choice([0, 12_345]), days_past_due=draw.choice(DAYS_PAST_DUE),
    )  # fmt: skip


def _label(draw: random.Random, event_id: str) -> dict[str, Any]:
    labelled = f"e{draw.randrange(60, 200):04d}"
    source = draw.choice(["chargeback", "analyst", None])
    return _event(
        draw, event_id, "label", labelled_event_id=labelled, is_fraud=draw.random() < 0.5, source=source
    )
