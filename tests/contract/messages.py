"""Messages with outcomes worked out by hand, so that all parsers being wrong together shows."""

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


def _refused(reason: str, detail: str, *cases: tuple[str, bytes | None]) -> list[Case]:
    return [Case(name, message, reason, detail) for name, message in cases]


def _checked(reason: str, detail: str, *cases: tuple[str, bytes]) -> list[Case]:
    return [Case(name, message, reason, detail, event_id="e-1") for name, message in cases]


def _accepted(name: str, message: bytes, **values: Any) -> Case:
    return Case(name, message, values=values, event_id=values.get("event_id", "e-1"))


GOOD_TEXT = encoded(TRANSACTION)

CASES: tuple[Case, ...] = (
    # too_large
    *_refused(
        "too_large",
        "more than 65536 bytes",
        ("one byte too many", padded(65537)),
        ("2 MB", padded(2_000_000)),
        ("too many bytes that are no JSON", b"\xff" * 70_000),
    ),
    *_refused(
        "too_large",
        DEEP,
        ("33 levels", nested(33)),
        ("depth 1,000", b"[" * 1000 + b"]" * 1000),
        ("depth 1,000 and open", b"[" * 1000),
        ("33 levels behind a syntax error", b"{oops" + b"{" * 32),
        ("33 levels in a message that is not UTF-8", b"\xff" + b"[" * 33),
        ("33 levels behind a name twice", b'{"a":1,"a":2,"b":' + b"[" * 32 + b"]" * 32 + b"}"),
    ),
    # not_json
    *_refused("not_json", "no value (a tombstone)", ("tombstone", None)),
    *_refused("not_json", "no bytes", ("empty", b"")),
    *_refused(
        "not_json",
        "not UTF-8",
        ("a byte that is no UTF-8", replaced("c-1", b"c\xff1")),
        ("a lone continuation byte", replaced("c-1", b"c\x801")),
        ("an overlong slash", replaced("c-1", b"c\xc0\xaf1")),
        ("an overlong three bytes", replaced("c-1", b"c\xe0\x80\xaf1")),
        ("an overlong four bytes", replaced("c-1", b"c\xf0\x80\x80\xaf1")),
        ("a third byte that continues nothing", replaced("c-1", b"\xe2\x82A")),
        ("a fourth byte that continues nothing", replaced("c-1", b"\xf0\x9f\x98A")),
        ("a surrogate as three bytes", replaced("c-1", b"c\xed\xa0\x80")),
        ("a CESU-8 pair", replaced("c-1", b"\xed\xa0\xbd\xed\xb8\x80")),
        ("beyond U+10FFFF", replaced("c-1", b"\xf4\x90\x80\x80")),
        ("a truncated character", encoded(TRANSACTION)[:-1] + b"\xc3"),
        ("no UTF-8 in an unknown field", with_member(b'"x":"\xff"')),
        ("UTF-16 with byte order mark", GOOD_TEXT.decode().encode("utf-16")),
    ),
    *_refused(
        "not_json",
        NOT_JSON,
        ("blank", b" \t\r\n"),
        ("plain text", b"hello"),
        ("truncated", GOOD_TEXT[:-1]),
        ("UTF-16 little endian", GOOD_TEXT.decode().replace("ö", "o").encode("utf-16-le")),
        ("UTF-16 big endian", GOOD_TEXT.decode().replace("ö", "o").encode("utf-16-be")),
        ("UTF-16 with a card number", transaction(city="4111111111111111").decode().encode("utf-16-le")),
        ("33 brackets in text behind an escaped quote", b'{"a":"\\"' + b"[" * 33 + b'",}'),
        ("UTF-32", GOOD_TEXT.decode().replace("ö", "o").encode("utf-32-be")),
        ("a UTF-8 byte order mark", b"\xef\xbb\xbf" + GOOD_TEXT),
        ("trailing text", GOOD_TEXT + b"x"),
        ("two objects", GOOD_TEXT + GOOD_TEXT),
        ("a trailing NUL", GOOD_TEXT + b"\0"),
        ("a trailing comma", GOOD_TEXT[:-1] + b",}"),
        ("NaN", replaced('"latitude":50.9375', '"latitude":NaN')),
        ("Infinity", replaced('"latitude":50.9375', '"latitude":Infinity')),
        ("minus Infinity", replaced('"latitude":50.9375', '"latitude":-Infinity')),
        ("a leading zero", replaced('"amount_cents":0', '"amount_cents":01')),
        ("a leading plus", replaced('"amount_cents":0', '"amount_cents":+1')),
        ("a minus alone", replaced('"amount_cents":0', '"amount_cents":-')),
        ("a point without digits", replaced('"amount_cents":0', '"amount_cents":1.')),
        ("digits missing before the point", replaced('"amount_cents":0', '"amount_cents":.5')),
        ("an exponent without digits", replaced('"amount_cents":0', '"amount_cents":1e')),
        ("hexadecimal", replaced('"amount_cents":0', '"amount_cents":0x1')),
        ("Arabic digits", replaced('"amount_cents":0', '"amount_cents":٣')),
        ("True", with_member('"x":True')),
        ("single quotes", b"{'a':1}"),
        ("a comment", b"{/*c*/}"),
        ("a name without quotes", b"{a:1}"),
        ("a raw NUL in text", replaced("c-1", "c\0001")),
        ("a raw line feed in text", replaced("c-1", "c\n1")),
        ("an unknown escape", replaced("c-1", "c\\x41")),
        ("a short escape", replaced("c-1", "c\\u004")),
        ("an escape with a sign", replaced("c-1", "c\\u+041")),
        ("a vertical tab outside of text", b"\x0b" + GOOD_TEXT),
        ("a no-break space outside of text", "\u00a0".encode() + GOOD_TEXT),
        ("a broken unknown field", with_member('"x":[1 2]')),
        ("brackets that do not match", b'{"a":[1}]'),
    ),
    *_refused(
        "not_json",
        LONE,
        ("a lone high surrogate", replaced("c-1", "\\ud800")),
        ("a lone low surrogate", replaced("c-1", "\\udc00")),
        ("surrogates the wrong way round", replaced("c-1", "\\ude00\\ud83d")),
        ("a high surrogate before text", replaced("c-1", "\\ud83dx")),
        ("a high surrogate before another escape", replaced("c-1", "\\ud83d\\u0041")),
        ("a lone surrogate in an unknown field", with_member('"x":"\\udfff"')),
        ("a lone surrogate deep in an unknown field", with_member('"x":[{"y":["\\udfff"]}]')),
        ("a lone surrogate in an unknown name", with_member('"\\ud800":1')),
        ("a lone surrogate and a name twice", with_member('"x":"\\ud800","x":1')),
        ("a lone surrogate in a list at the top", b'["\\ud800"]'),
    ),
    *_refused(
        "not_json",
        TWICE,
        ("a field twice", with_member('"amount_cents":0')),
        ("a field twice, once escaped", with_member('"amount\\u005fcents":0')),
        ("an unknown name twice", with_member('"x":1,"x":1')),
        ("an unknown name twice, once escaped", with_member('"x":1,"\\u0078":1')),
        ("a backspace as name twice", with_member('"\\b":1,"\\u0008":1')),
        ("a form feed as name twice", with_member('"\\f":1,"\\u000C":1')),
        ("a line feed as name twice", with_member('"\\n":1,"\\u000a":1')),
        ("a carriage return as name twice", with_member('"\\r":1,"\\u000d":1')),
        ("a tab as name twice", with_member('"\\t":1,"\\u0009":1')),
        ("a name twice in a nested object", with_member('"x":{"y":1,"y":2}')),
        ("a name twice in an object in a list", with_member('"x":[{"y":{"":1,"":2}}]')),
        ("a name twice in a list at the top", b'[{"a":1,"a":2}]'),
        ("event_type twice", with_member('"event_type":"label"')),
    ),
    # not_an_object
    *_refused(
        "not_an_object",
        "expected an object",
        ("null", b"null"),
        ("an array", b"[]"),
        ("an array of an event", b"[" + GOOD_TEXT + b"]"),
        ("a number", b" -1.5e3 "),
        ("text", b'"text"'),
        ("true", b"true"),
        ("false", b"false\n"),
        ("a number of 60,000 digits", b"1" * 60_000),
    ),
    # unknown_event_type
    *_refused("unknown_event_type", TYPES, ("an empty object", b"{}")),
    *_checked(
        "unknown_event_type",
        TYPES,
        ("an unknown type", transaction(event_type="refund")),
        ("a type in capitals", transaction(event_type="Transaction")),
        ("a type with a space", transaction(event_type="transaction ")),
        ("a type of null", transaction(event_type=None)),
        ("a type as number", transaction(event_type=1)),
        ("a type in a list", transaction(event_type=["transaction"])),
        ("a type beyond ASCII", transaction(event_type="tränsaction")),
    ),
    # missing_field
    *_refused("missing_field", "event_id: required", ("only a type", b'{"event_type":"label"}')),
    *_checked(
        "missing_field",
        "user_id: required",
        ("a required field of null", transaction(user_id=None)),
        ("missing beats a wrong type", transaction(user_id=None, amount_cents="1")),
        ("missing beats a wrong type before it", transaction(event_time_ms="1", user_id=None)),
        ("the first missing one is named", transaction(user_id=None, amount_cents=None)),
    ),
    *_checked("missing_field", "amount_cents: required", ("no amount", transaction(amount_cents=None))),
    # wrong_type
    *_checked(
        "wrong_type",
        f"amount_cents: {WHOLE}",
        ("a number as text", transaction(amount_cents="1")),
        ("1.0 for 1", transaction(amount_cents=1.0)),
        ("1e3 for 1000", replaced('"amount_cents":0', '"amount_cents":1e3')),
        ("-0.0", replaced('"amount_cents":0', '"amount_cents":-0.0')),
        ("true for 1", transaction(amount_cents=True)),
        ("an object for 1", transaction(amount_cents={})),
        ("a wrong type beats a value before it", transaction(user_id="", amount_cents="1")),
    ),
    *_checked("wrong_type", "user_id: expected text", ("a number for text", transaction(user_id=1))),
    *_checked("wrong_type", "latitude: expected a number", ("text for a number", transaction(latitude="1"))),
    *_checked(
        "wrong_type",
        "is_fraud: expected true or false",
        ("1 for true", encoded({**GOOD["label"], "is_fraud": 1})),
        ("text for true", encoded({**GOOD["label"], "is_fraud": "true"})),
    ),
    Case("a number for the id", transaction(event_id=7), "wrong_type", "event_id: expected text"),
    # out_of_range
    *_checked(
        "out_of_range",
        AMOUNT,
        ("a negative amount", transaction(amount_cents=-1)),
        ("too much", transaction(amount_cents=100_000_000_000_000)),
        ("beyond 64 bits", transaction(amount_cents=2**63)),
        ("2 to the 64th", transaction(amount_cents=2**64)),
        ("20 digits", transaction(amount_cents=10**19)),
        ("an integer of 30,000 digits", replaced('"amount_cents":0', '"amount_cents":' + "1" * 30_000)),
    ),
    *_checked(
        "out_of_range",
        "credit_score: expected 300 to 850",
        ("credit score 299", encoded({**GOOD["application"], "credit_score": 299})),
        ("credit score 851", encoded({**GOOD["application"], "credit_score": 851})),
    ),
    *_checked(
        "out_of_range",
        "event_time_ms: expected 946684800000 to 9223372036854775807",
        ("event time in 1970", transaction(event_time_ms=0)),
        ("event time one ms before 2000", transaction(event_time_ms=946_684_799_999)),
        ("event time beyond 64 bits", transaction(event_time_ms=2**63)),
    ),
    *_checked(
        "out_of_range",
        "latitude: expected -90 to 90",
        ("latitude 90.1", transaction(latitude=90.1)),
        ("latitude 1e400", replaced("50.9375", "1e400")),
        ("latitude -1e400", replaced("50.9375", "-1e400")),
        ("latitude of 400 digits", replaced("50.9375", "9" * 400)),
    ),
    *_checked(
        "out_of_range",
        f"user_id: {TEXT_64}",
        ("no text", transaction(user_id="")),
        ("65 characters", transaction(user_id="u" * 65)),
        ("65 characters beyond ASCII", transaction(user_id="ü" * 65)),
        ("65 characters of two UTF-16 units", transaction(user_id="😀" * 65)),
        ("a NUL character", replaced("u-1", "u\\u0000")),
        ("an escaped tab", replaced("u-1", "u\\t")),
        ("DEL", replaced("u-1", "u\x7f")),
        ("an escaped DEL", replaced("u-1", "u\\u007f")),
        ("a C1 control", replaced("u-1", "u\u0085")),
        ("an escaped C1 control", replaced("u-1", "u\\u009F")),
        ("a value beats a card number before it", transaction(user_id="", city="4111111111111111")),
    ),
    *_checked(
        "out_of_range",
        "currency: expected 3 capital letters",
        ("currency in small letters", transaction(currency="eur")),
        ("currency of four", transaction(currency="EURO")),
        ("currency beyond ASCII", transaction(currency="EÜR")),
    ),
    *_checked("out_of_range", "country: expected 2 capital letters", ("D1", transaction(country="D1"))),
    *_checked(
        "out_of_range",
        "channel: expected one of pos, ecommerce, atm",
        ("an unknown channel", transaction(channel="POS")),
        ("an empty channel", transaction(channel="")),
    ),
    Case("an empty id", transaction(event_id=""), "out_of_range", f"event_id: {TEXT_64}"),
    Case("a long id", transaction(event_id="e" * 65), "out_of_range", f"event_id: {TEXT_64}"),
    # card_number
    *_checked(
        "card_number",
        "card_id: holds a card number",
        ("Visa", transaction(card_id="4111111111111111")),
        ("Visa of 13 digits", transaction(card_id="4222222222222")),
        ("Maestro of 19 digits", transaction(card_id="6304123456789012347")),
        ("with spaces", transaction(card_id="4111 1111 1111 1111")),
        ("with dashes", transaction(card_id="4111-1111--1111-1111")),
        ("within text", transaction(card_id="card 4111111111111111 of mine")),
        ("behind other digits and a space", transaction(card_id="12 4111111111111111")),
        ("before other digits and a dash", transaction(card_id="4111111111111111-12")),
        ("American Express", transaction(card_id="378282246310005")),
        ("Mastercard of the second range", transaction(card_id="2223003122003222")),
        ("escaped digits", replaced("c-1", "\\u0034111111111111111")),
        ("escaped separators", replaced("c-1", "4111\\u00201111\\u002d11111111")),
    ),
    *_checked(
        "card_number",
        "city: holds a card number",
        ("in a text of 256", transaction(city="x" * 240 + "5555555555554444")),
        ("before a time far ahead", transaction(city="4111111111111111", event_time_ms=4_070_908_800_000)),
    ),
    Case(
        "a card number as id",
        transaction(event_id="4111111111111111"),
        "card_number",
        "event_id: holds a card number",
    ),
    Case("a card number as id of no type", b'{"event_id":"4111111111111111"}', "unknown_event_type", TYPES),
    # future_event_time
    *_checked(
        "future_event_time",
        "event_time_ms: more than 300000 ms after the append time",
        ("event time in 2099", transaction(event_time_ms=4_070_908_800_000)),
        ("one ms too far ahead", transaction(event_time_ms=LATEST_MS + 1)),
        ("the largest event time", transaction(event_time_ms=2**63 - 1)),
    ),
    # accepted
    *(_accepted(f"a good {name}", encoded(event), **event) for name, event in GOOD.items()),
    _accepted("exactly 64 KiB", padded(65536)),
    _accepted("32 levels", nested(32)),
    _accepted("40 empty lists", with_member('"x":[' + ",".join(["[]"] * 40) + "]")),
    _accepted("40 brackets in text", with_member('"x":"' + "[" * 40 + '"')),
    _accepted("space around", b" \t\r\n" + GOOD_TEXT + b"\n\n"),
    _accepted("five minutes ahead", transaction(event_time_ms=LATEST_MS), event_time_ms=LATEST_MS),
    _accepted("the first ms of 2000", transaction(event_time_ms=946_684_800_000)),
    _accepted("minus zero is zero", replaced('"amount_cents":0', '"amount_cents":-0'), amount_cents=0),
    _accepted("minus zero degrees", replaced("50.9375", "-0.0"), latitude=0.0),
    _accepted("a degree so small that it is zero", replaced("50.9375", "-1e-400"), latitude=0.0),
    _accepted("whole degrees", replaced("50.9375", "90"), latitude=90.0),
    _accepted("degrees with an exponent", replaced("50.9375", "9.0E+1"), latitude=90.0),
    _accepted("more digits than a double has", replaced("50.9375", "0." + "3" * 60), latitude=1 / 3),
    _accepted("a double halfway", replaced("50.9375", "1.00000000000000011102230246251565"), latitude=1.0),
    _accepted(
        "a double that a division would miss",
        replaced("50.9375", "27.914177763170669"),
        latitude=27.91417776317067,
    ),
    _accepted("90 with a tail below a double", replaced("50.9375", "90." + "0" * 30 + "1"), latitude=90.0),
    _accepted("no currency is US dollars", transaction(currency=None), currency="USD"),
    _accepted("64 characters", transaction(user_id="😀" * 64), user_id="😀" * 64),
    _accepted("a pair of escaped surrogates", replaced("c-1", "\\uD83D\\ude00"), card_id="😀"),
    _accepted("all short escapes", replaced("c-1", '\\"\\\\\\/'), card_id='"\\/'),
    _accepted("an escaped name", replaced('"card_id"', '"card\\u005fid"'), card_id="c-1"),
    _accepted("an escaped type", replaced('"transaction"', '"\\u0074ransaction"'), event_type="transaction"),
    _accepted("U+FFFF and U+10FFFF", replaced("c-1", "\uffff\U0010ffff"), card_id="\uffff\U0010ffff"),
    _accepted("a no-break space", replaced("c-1", "c\u00a01"), card_id="c\u00a01"),
    _accepted("an unknown field", with_member('"x":{"y":[1e999,-0,null,true,"\\u0000"]},"":1')),
    _accepted("a field of another type of event", with_member('"credit_score":"none"')),
    _accepted("the same name in two objects", with_member('"x":{"y":1},"z":{"y":1,"x":2}')),
    _accepted("a name in a nested object that is a field", with_member('"x":{"amount_cents":"1"}')),
    _accepted(
        "16 digits that fail Luhn", transaction(card_id="4111111111111112"), card_id="4111111111111112"
    ),
    _accepted("16 digits of no issuer", transaction(card_id="1111111111111117"), card_id="1111111111111117"),
    _accepted("20 digits", transaction(card_id="41111111111111110000"), card_id="41111111111111110000"),
    _accepted("digits parted by a point", transaction(card_id="4111.1111.1111.1111")),
    _accepted("digits parted by a letter", transaction(card_id="41111111x11111111")),
    _accepted("digits behind an escaped backslash", with_member('"x":"\\\\u0034111111111111111"')),
    _accepted("a card number in an unknown field", with_member('"x":"4111111111111111"')),
    _accepted("Arabic digits in text", transaction(card_id="٤١١١١١١١١١١١١١١١")),
)
