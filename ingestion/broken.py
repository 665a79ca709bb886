"""Messages that must end in quarantine, one maker per fault, with the reason that is due."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import orjson

from contract.events import Reason
from ingestion.messages import Message

Fields = dict[str, Any]
Maker = Callable[[Fields], bytes | None]

YEAR_2099_MS = 4_070_908_800_000
LARGE_BYTES = 2_000_000
LARGE_EVERY_ROUNDS = 20
DEPTH = 1_000


def _with(**changes: Any) -> Maker:
    return lambda fields: orjson.dumps({**fields, **changes})


def _with_raw(name: str, token: str) -> Maker:
    """The field's value as raw JSON text, which no JSON library would write."""
    return lambda fields: orjson.dumps({**fields, name: "@@"}).replace(b'"@@"', token.encode())


def _without(name: str) -> Maker:
    return lambda fields: orjson.dumps({key: value for key, value in fields.items() if key != name})


def _large(fields: Fields) -> bytes:
    return orjson.dumps({**fields, "note": "x" * LARGE_BYTES})


def _deep(fields: Fields) -> bytes:
    return orjson.dumps(fields)[:-1] + b',"note":' + b"[" * DEPTH + b"]" * DEPTH + b"}"


def _bad_utf8(fields: Fields) -> bytes:
    return orjson.dumps({**fields, "city": "@@"}).replace(b"@@", b"Z\xfcrich")


def _name_twice(fields: Fields) -> bytes:
    return orjson.dumps(fields)[:-1] + b',"amount_cents":1}'


def _with_card_number(fields: Fields) -> bytes:
    """A number that passes Luhn, made from the event's time so that none stands in the code."""
    body = "4" + str(fields["event_time_ms"])[-11:] + "000"
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(body)]
    check = -sum(number // 10 + number % 10 for number in doubled) % 10
    return orjson.dumps({**fields, "merchant_category": f"card {body}{check}"})


FAULTS: dict[str, tuple[Reason, str, Maker]] = {
    # name: reason, event type of the event that gets broken, how
    "tombstone": (Reason.NOT_JSON, "transaction", lambda _: None),
    "empty": (Reason.NOT_JSON, "transaction", lambda _: b""),
    "bad_utf8": (Reason.NOT_JSON, "transaction", _bad_utf8),
    "utf16": (Reason.NOT_JSON, "transaction", lambda fields: orjson.dumps(fields).decode().encode("utf-16")),
    "cut_short": (Reason.NOT_JSON, "transaction", lambda fields: orjson.dumps(fields)[:-5]),
    "trailing_text": (Reason.NOT_JSON, "transaction", lambda fields: orjson.dumps(fields) + b" and more"),
    "name_twice": (Reason.NOT_JSON, "transaction", _name_twice),
    "nan": (Reason.NOT_JSON, "transaction", _with_raw("latitude", "NaN")),
    "lone_surrogate": (Reason.NOT_JSON, "transaction", _with_raw("city", r'"\ud800"')),
    "null": (Reason.NOT_AN_OBJECT, "transaction", lambda _: b"null"),
    "array": (Reason.NOT_AN_OBJECT, "transaction", lambda fields: orjson.dumps([fields])),
    "deep": (Reason.TOO_LARGE, "transaction", _deep),
    "large": (Reason.TOO_LARGE, "transaction", _large),
    "unknown_type": (Reason.UNKNOWN_EVENT_TYPE, "transaction", _with(event_type="chargeback")),
    "no_type": (Reason.UNKNOWN_EVENT_TYPE, "transaction", _without("event_type")),
    "missing_field": (Reason.MISSING_FIELD, "transaction", _without("merchant_id")),
    "null_field": (Reason.MISSING_FIELD, "application", _with(loan_amount_cents=None)),
    "number_as_text": (Reason.WRONG_TYPE, "transaction", _with(amount_cents="1200")),
    "fraction": (Reason.WRONG_TYPE, "transaction", _with_raw("amount_cents", "1.0")),
    "exponent": (Reason.WRONG_TYPE, "application", _with_raw("loan_amount_cents", "1e3")),
    "boolean_number": (Reason.WRONG_TYPE, "transaction", _with(amount_cents=True)),
    "negative_amount": (Reason.OUT_OF_RANGE, "transaction", _with(amount_cents=-1)),
    "beyond_double": (Reason.OUT_OF_RANGE, "transaction", _with_raw("latitude", "1e400")),
    "score_299": (Reason.OUT_OF_RANGE, "application", _with(credit_score=299)),
    "score_851": (Reason.OUT_OF_RANGE, "application", _with(credit_score=851)),
    "year_1970": (Reason.OUT_OF_RANGE, "transaction", _with(event_time_ms=86_400_000)),
    "control_character": (Reason.OUT_OF_RANGE, "transaction", _with(city="Zu\x00rich")),
    "card_number": (Reason.CARD_NUMBER, "transaction", _with_card_number),
    "year_2099": (Reason.FUTURE_EVENT_TIME, "transaction", _with(event_time_ms=YEAR_2099_MS)),
}
SAMPLES: dict[str, Fields] = {
    "transaction": {"amount_cents": 1_999, "card_id": "card_0a", "merchant_id": "m0", "city": "Lisbon"},
    "application": {"credit_score": 700, "loan_amount_cents": 500_000},
}
UNREADABLE = frozenset({Reason.TOO_LARGE, Reason.NOT_JSON, Reason.NOT_AN_OBJECT})


class BrokenMessages:
    """Deals the faults in turn, so that each comes before one comes twice.

    The large one costs as much as thousands of events and comes only in every
    twentieth round.
    """

    def __init__(self, run_id: str, seed: int) -> None:
        self._run_id = run_id
        self._rng = np.random.default_rng([seed, 5])
        self._made = 0
        self._turns = self._deal()

    def next(self, time_ms: int, user_id: str) -> Message:
        """Make the next broken message, as if it were sent at ``time_ms``."""
        fault = next(self._turns)
        reason, event_type, make = FAULTS[fault]
        event_id = f"b_{self._run_id}_{self._made}"
        self._made += 1
        fields = {"event_id": event_id, "event_type": event_type, "event_time_ms": time_ms}
        return Message(
            key=user_id.encode(),
            value=make({**fields, "user_id": user_id, **SAMPLES[event_type]}),
            event_type=event_type,
            event_id=None if reason in UNREADABLE else event_id,
            kind="broken",
            reason=reason.value,
            fault=fault,
        )

    def _deal(self) -> Iterator[str]:
        round_number = 0
        while True:
            for fault in self._rng.permutation(list(FAULTS)).tolist():
                if fault != "large" or round_number % LARGE_EVERY_ROUNDS == 0:
                    yield fault
            round_number += 1
