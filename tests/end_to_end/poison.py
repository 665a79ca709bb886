"""The messages that must end in quarantine, with the reason that is due."""

from __future__ import annotations

import json
from typing import Any

CARD_NUMBER = "4111 1111 1111 1111"


def good_application(name: str) -> dict[str, Any]:
    """An application that trips a rule."""
    return {
        "event_id": f"poison_{name}",
        "event_type": "application",
        "event_time_ms": 1_760_000_000_000,
        "user_id": "poison_user",
        "credit_score": 400,
        "loan_amount_cents": 2_000_000,
    }


def _json(**changes: Any) -> bytes:
    return json.dumps(good_application("bad") | changes).encode()


def _raw(name: str, token: str) -> bytes:
    """The message with one member written as raw JSON text."""
    return _json(**{name: "@@"}).replace(b'"@@"', token.encode())


def _transaction(**changes: Any) -> bytes:
    event = {
        "event_id": "poison_bad",
        "event_type": "transaction",
        "event_time_ms": 1_760_000_000_000,
        "user_id": "poison_user",
        "amount_cents": 1,
        "card_id": "c",
        "merchant_id": "m",
    }
    return json.dumps(event | changes).encode()


WHOLE = _json()
POISON: dict[str, tuple[bytes | None, str]] = {
    "tombstone": (None, "not_json"),
    "empty": (b"", "not_json"),
    "invalid_utf8": (WHOLE.replace(b"poison_user", b"\xff\xfe\xfd"), "not_json"),
    "utf16": (WHOLE.decode().encode("utf-16"), "not_json"),
    "null": (b"null", "not_an_object"),
    "array": (b"[" + WHOLE + b"]", "not_an_object"),
    "depth_1000": (b"[" * 1000 + b"]" * 1000, "too_large"),
    "two_megabytes": (_json(note="x" * 2_000_000), "too_large"),
    "duplicate_keys": (WHOLE[:-1] + b', "credit_score": 500}', "not_json"),
    "nan": (_raw("credit_score", "NaN"), "not_json"),
    "number_beyond_double": (
        _transaction(latitude="@@").replace(b'"@@"', b"1e400"),
        "out_of_range",
    ),
    "exponent_for_whole": (_raw("loan_amount_cents", "1e400"), "wrong_type"),
    "number_as_text": (_json(credit_score="400"), "wrong_type"),
    "fraction_for_whole": (_raw("loan_amount_cents", "1.0"), "wrong_type"),
    "unknown_type": (_json(event_type="refund"), "unknown_event_type"),
    "missing_field": (_json(loan_amount_cents=None), "missing_field"),
    "negative_amount": (_transaction(amount_cents=-1), "out_of_range"),
    "score_299": (_json(credit_score=299), "out_of_range"),
    "score_851": (_json(credit_score=851), "out_of_range"),
    "year_2099": (_json(event_time_ms=4_070_908_800_000), "future_event_time"),
    "year_1970": (_json(event_time_ms=0), "out_of_range"),
    "nul_escaped": (_json(region="a\x00b"), "out_of_range"),
    "nul_byte": (WHOLE.replace(b"poison_user", b"poison\x00user"), "not_json"),
    "lone_surrogate": (_raw("region", r'"\ud800"'), "not_json"),
    "card_number": (_json(region=f"pay {CARD_NUMBER}"), "card_number"),
}
