"""What cases are made of: one good event of each type, and ways to change its bytes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

APPEND_TIME_MS = 1_700_000_000_000
LATEST_MS = APPEND_TIME_MS + 300_000

TYPES = "event_type: expected one of application, transaction, payment, credit_usage, label"
NOT_JSON = "not JSON by RFC 8259"
TWICE = "a name twice in one object"
LONE = "a lone surrogate"
DEEP = "nested deeper than 32 levels"
TEXT_64 = "expected 1 to 64 characters, no control characters"
AMOUNT = "amount_cents: expected 0 to 99999999999999"
WHOLE = "expected a whole number, digits only"

COMMON: dict[str, Any] = {"event_id": "e-1", "event_time_ms": APPEND_TIME_MS, "user_id": "u-1"}
GOOD: dict[str, dict[str, Any]] = {
    "application": {**COMMON, "event_type": "application", "credit_score": 700, "loan_amount_cents": 1},
    "transaction": {
        **COMMON,
        "event_type": "transaction",
        "amount_cents": 0,
        "card_id": "c-1",
        "merchant_id": "m-1",
        "currency": "EUR",
        "channel": "pos",
        "country": "DE",
        "city": "Köln",
        "latitude": 50.9375,
        "longitude": -6.9603,
    },
    "payment": {
        **COMMON,
        "event_type": "payment",
        "application_id": "a-1",
        "status": "made",
        "amount_cents": 5,
    },
    "credit_usage": {
        **COMMON,
        "event_type": "credit_usage",
        "credit_limit_cents": 100,
        "balance_cents": 0,
    },
    "label": {**COMMON, "event_type": "label", "labelled_event_id": "e-0", "is_fraud": True},
}
TRANSACTION = GOOD["transaction"]


@dataclass(frozen=True)
class Case:
    """One message and what has to become of it; ``values`` are some of an accepted event's."""

    name: str
    message: bytes | None
    reason: str | None = None
    detail: str | None = None
    values: dict[str, Any] | None = None
    event_id: str | None = None


def encoded(event: dict[str, Any]) -> bytes:
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def transaction(**changes: Any) -> bytes:
    return encoded({**TRANSACTION, **changes})


def replaced(old: str, new: str | bytes, event_type: str = "transaction") -> bytes:
    """A good event in which one piece of its text is another one."""
    message = encoded(GOOD[event_type])
    assert message.count(old.encode()) == 1, old
    return message.replace(old.encode(), new.encode() if isinstance(new, str) else new)


def with_member(member: str | bytes) -> bytes:
    """A good transaction with one more member behind the others."""
    return encoded(TRANSACTION)[:-1] + b"," + (member.encode() if isinstance(member, str) else member) + b"}"


def nested(levels: int) -> bytes:
    """A good transaction with lists in an unknown field, so that the whole is that deep."""
    return with_member('"x":' + "[" * (levels - 1) + "]" * (levels - 1))


def padded(size: int) -> bytes:
    message = encoded(TRANSACTION)
    return message[:-1] + b" " * (size - len(message)) + b"}"


def refused(reason: str, detail: str, *cases: tuple[str, bytes | None]) -> list[Case]:
    return [Case(name, message, reason, detail) for name, message in cases]


def checked(reason: str, detail: str, *cases: tuple[str, bytes]) -> list[Case]:
    return [Case(name, message, reason, detail, event_id="e-1") for name, message in cases]


def accepted(name: str, message: bytes, **values: Any) -> Case:
    return Case(name, message, values=values, event_id=values.get("event_id", "e-1"))


GOOD_TEXT = encoded(TRANSACTION)
