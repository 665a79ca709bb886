"""From rows of ``transactions.csv`` and ``loan_applications.csv`` to events.

| column | becomes |
|---|---|
| ``transaction_id``, ``application_id`` | ``event_id`` |
| ``user_id`` | ``user_id``, the key |
| ``amount``, ``loan_amount`` | ``amount_cents``, ``loan_amount_cents``: plain decimal numbers |
| ``timestamp`` | ``event_time_ms``: ISO 8601, UTC unless it has an offset |
| ``location`` | ``city``; with two capital letters after a comma (``Lisbon, PT``) also ``country`` |
| ``merchant`` | ``merchant_id`` |
| ``card_type``, ``device_id``, ``region`` | the same |
| ``credit_score`` of applications | the same |
| ``is_fraud`` | a ``label`` event at the same time (``chargeback`` for fraud, else ``analyst``) |
| ``credit_score``, ``risk_level`` of transactions | nothing: the platform computes both |

The files name no card: ``card_id`` is ``card_`` and sixteen letters from the SHA-256 of ``user_id``,
U+001F and ``card_type``, so that a person's cards of one type are one card. The label's ``event_id``
is ``label_`` and sixteen letters from the SHA-256 of the transaction's.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
BOOLEANS = {"1": True, "true": True, "0": False, "false": False}

Row = Mapping[str, str]
Event = dict[str, Any]


class BadRowError(ValueError):
    """A row that no event can be made of; the text names the column and what was expected."""


def transaction_events(row: Row) -> list[Event]:
    """One transaction, and its label when ``is_fraud`` is filled."""
    time_ms = parse_time_ms(row["timestamp"])
    city, country = _split_location(row.get("location", ""))
    transaction = {
        "event_id": row["transaction_id"],
        "event_type": "transaction",
        "event_time_ms": time_ms,
        "user_id": row["user_id"],
        "amount_cents": parse_cents("amount", row["amount"]),
        "card_id": f"card_{_letters(row['user_id'], row.get('card_type', ''))}",
        "merchant_id": row["merchant"],
        **{"card_type": row.get("card_type"), "device_id": row.get("device_id")},
        **{"city": city, "country": country},
    }
    told = row.get("is_fraud", "").lower()
    if not told:
        return [_filled(transaction)]
    if told not in BOOLEANS:
        raise BadRowError("is_fraud: expected 0, 1, true, false or nothing")
    label = {
        "event_id": f"label_{_letters(row['transaction_id'])}",
        "event_type": "label",
        "event_time_ms": time_ms,
        "user_id": row["user_id"],
        "labelled_event_id": row["transaction_id"],
        "is_fraud": BOOLEANS[told],
        "source": "chargeback" if BOOLEANS[told] else "analyst",
    }
    return [_filled(transaction), label]


def application_events(row: Row) -> list[Event]:
    """One loan application."""
    if not re.fullmatch("-?[0-9]{1,18}", row["credit_score"]):
        raise BadRowError("credit_score: expected a whole number")
    application = {
        "event_id": row["application_id"],
        "event_type": "application",
        "event_time_ms": parse_time_ms(row["timestamp"]),
        "user_id": row["user_id"],
        "credit_score": int(row["credit_score"]),
        "loan_amount_cents": parse_cents("loan_amount", row["loan_amount"]),
        "region": row.get("region"),
    }
    return [_filled(application)]


FILE_KINDS: dict[str, tuple[tuple[str, ...], Callable[[Row], list[Event]]]] = {
    # the column that tells the kind: the columns that must be there, how a row is read
    "transaction_id": (("transaction_id", "user_id", "amount", "timestamp", "merchant"), transaction_events),
    "application_id": (
        ("application_id", "user_id", "credit_score", "loan_amount", "timestamp"),
        application_events,
    ),
}


def parse_cents(column: str, text: str) -> int:
    """Whole cents of a decimal number, exactly.

    Raises:
        BadRowError: it is not a plain decimal number, or has a part of a cent.
    """
    if not re.fullmatch(r"-?[0-9]{1,18}(\.[0-9]{1,18})?", text):
        raise BadRowError(f"{column}: expected a decimal number like 12.34")
    cents = Decimal(text).scaleb(2)
    if cents != cents.to_integral_value():
        raise BadRowError(f"{column}: expected at most two decimal places")
    return int(cents)


def parse_time_ms(text: str) -> int:
    """Milliseconds since the epoch of an ISO 8601 time, which is UTC unless it has an offset.

    Raises:
        BadRowError: it is not such a time.
    """
    try:
        time = datetime.fromisoformat(text)
        aware = time if time.tzinfo else time.replace(tzinfo=UTC)
        return (aware - EPOCH) // timedelta(milliseconds=1)
    except (ValueError, OverflowError):
        raise BadRowError("timestamp: expected ISO 8601, like 2025-03-01T12:30:00Z") from None


def _split_location(location: str) -> tuple[str, str | None]:
    found = re.fullmatch(r"(.+), *([A-Z]{2})", location)
    return (found[1], found[2]) if found else (location, None)


def _letters(*parts: str) -> str:
    """Sixteen letters from a SHA-256: letters, so that they cannot look like a card number."""
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()[:8]
    return "".join(chr(ord("a") + half) for byte in digest for half in divmod(byte, 16))


def _filled(event: Event) -> Event:
    return {name: value for name, value in event.items() if value not in (None, "")}
