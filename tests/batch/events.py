"""Events for the batch's tests, by hand and at random from a seed."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from typing import Any

from tests.batch.platform import Sent

NOW_MS = int(time.time() * 1000) - 3_600_000
DAY_MS = 86_400_000
CARD_NUMBER = "4" + "1" * 15
"""Passes Luhn; no issuer gives it out."""


def application(event_id: str, **changes: Any) -> dict[str, Any]:
    base = {"event_type": "application", "credit_score": 640, "loan_amount_cents": 900_000}
    return _event(event_id, base, changes)


def transaction(event_id: str, **changes: Any) -> dict[str, Any]:
    base = {"event_type": "transaction", "amount_cents": 1250, "card_id": "card-1", "merchant_id": "m-1"}
    return _event(event_id, base, changes)


def label(event_id: str, labelled_event_id: str, is_fraud: bool = True, **changes: Any) -> dict[str, Any]:
    base = {"event_type": "label", "labelled_event_id": labelled_event_id, "is_fraud": is_fraud}
    return _event(event_id, base, changes)


def _event(event_id: str, base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {"event_id": event_id, "event_time_ms": NOW_MS, "user_id": "user-1"} | base | changes


def good_events(seed: int, number: int) -> list[dict[str, Any]]:
    """Events of all types over a few users, applications and labels in any order."""
    draw = random.Random(seed)
    return [_draw_event(draw, f"e{seed}-{index:05d}", seed) for index in range(number)]


def _draw_event(draw: random.Random, event_id: str, seed: int) -> dict[str, Any]:
    times = {"user_id": f"user-{draw.randrange(12)}", "event_time_ms": NOW_MS - draw.randrange(5) * DAY_MS}
    kind = draw.choice(
        ["application", "transaction", "transaction", "transaction", "label", "payment", "usage"]
    )
    if kind == "application":
        optional: dict[str, Any] = {
            "region": draw.choice([None, "North", "Süd ☃"]),
            "currency": draw.choice(["EUR", None]),
        }
        loan = draw.choice([1_500_000, 1_500_001, draw.randrange(1, 4_000_000), 99_999_999_999_999])
        score = draw.choice([300, 499, 500, 599, 600, 699, 700, 850, draw.randrange(300, 851)])
        return application(event_id, **times, credit_score=score, loan_amount_cents=loan, **optional)
    if kind == "transaction":
        place: dict[str, Any] = {
            "city": draw.choice(["Köln", "Paris"]),
            "country": "DE",
            "latitude": draw.uniform(-90, 90),
        }
        return transaction(event_id, **times, amount_cents=draw.choice([0, 7, 99_999_999_999_999]), **place)
    if kind == "label":
        labelled = f"e{seed}-{draw.randrange(60):05d}"
        return label(event_id, labelled, draw.random() < 0.5, **times)
    if kind == "payment":
        payment = {"event_type": "payment", "application_id": "a", "status": "made", "amount_cents": 5}
        return _event(event_id, payment, times)
    usage = {"event_type": "credit_usage", "credit_limit_cents": 500, "balance_cents": 0}
    return _event(event_id, usage, times)


def poison() -> Iterator[Sent]:
    """Each kind of message that must not be accepted, with its reason."""
    good = transaction("poison")
    text = json.dumps(good)
    yield None, "not_json"
    yield b"", "not_json"
    yield b'{"event_id": "\xff\xfe"}', "not_json"
    yield text.encode("utf-16"), "not_json"
    yield b"null", "not_an_object"
    yield b"[1, 2]", "not_an_object"
    yield b"[" * 1000 + b"]" * 1000, "too_large"
    yield json.dumps({**good, "city": "x" * 2_000_000}).encode(), "too_large"
    yield text.replace("{", '{"event_id": "twice", ', 1).encode(), "not_json"
    yield text.replace("1250", "NaN").encode(), "not_json"
    yield (
        json.dumps({**good, "latitude": 0}).replace('"latitude": 0', '"latitude": 1e400').encode(),
        "out_of_range",
    )
    yield json.dumps({**good, "amount_cents": "1250"}).encode(), "wrong_type"
    yield text.replace("1250", "1.0").encode(), "wrong_type"
    yield json.dumps({**good, "event_type": "refund"}).encode(), "unknown_event_type"
    yield json.dumps({**good, "card_id": None}).encode(), "missing_field"
    yield json.dumps({**good, "amount_cents": -1}).encode(), "out_of_range"
    yield json.dumps(application("poison", credit_score=299)).encode(), "out_of_range"
    yield json.dumps(application("poison", credit_score=851)).encode(), "out_of_range"
    yield json.dumps({**good, "event_time_ms": 4_070_908_800_000}).encode(), "future_event_time"
    yield json.dumps({**good, "event_time_ms": 0}).encode(), "out_of_range"
    yield json.dumps({**good, "city": "a\x00b"}).encode(), "out_of_range"
    yield text.replace("m-1", "\\ud800").encode(), "not_json"
    yield json.dumps({**good, "device_id": CARD_NUMBER}).encode(), "card_number"
