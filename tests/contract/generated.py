"""Messages made from good ones: each limit and its neighbours, and seeded mutations."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

from contract.events import Field, load_contract
from tests.contract.cases import CASES
from tests.contract.messages import APPEND_TIME_MS, GOOD, encoded

INTERESTING_VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1,
    1.0,
    1.5,
    -0.0,
    1e308,
    2**31,
    2**53 + 1,
    2**63 - 1,
    2**63,
    -(2**63),
    10**30,
    "",
    " ",
    "x",
    "1",
    "null",
    "\x00",
    "\x1f",
    "\x7f",
    "\x80",
    "\x9f",
    "\xa0",
    "é",
    "\u2028",
    "\ufeff",
    "\U0001f600",
    "x" * 64,
    "x" * 65,
    "x" * 256,
    "x" * 257,
    "ß" * 64,
    "USD",
    "usd",
    "DE",
    "pos",
    "made",
    "analyst",
    "label",
    "4111111111111111",
    "4111 1111-1111 1111",
    "5500000000000004",
    "6011000000000004 1",
    [],
    {},
    [1],
    {"a": {"b": []}},
    APPEND_TIME_MS,
    APPEND_TIME_MS + 300_000,
    APPEND_TIME_MS + 300_001,
    946_684_799_999,
    946_684_800_000,
)
FRAGMENTS: tuple[bytes, ...] = (
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b'"',
    b"\\",
    b"\\u",
    b"\\u0000",
    b"\\u0041",
    b"\\ud800",
    b"\\udc00",
    b"\\ud83d\\ude00",
    b"\\n",
    b'\\"',
    b"\\/",
    b"null",
    b"true",
    b"NaN",
    b"-",
    b"+",
    b".",
    b"e",
    b"E5",
    b"0",
    b"00",
    b"9" * 20,
    b"1e400",
    b"-0",
    b"\x00",
    b"\x7f",
    b"\xc2\x85",
    b"\xc3\xa9",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"\xf0\x9f\x98\x80",
    b"\xff",
    b" ",
    b"\t",
    b"\r\n",
    b"\x0b",
    b"\xc2\xa0",
    b'"a":1,',
    b'"a":{"a":1},',
    b'"a":[[[[]]]],',
    b"4111111111111111",
    b"[" * 33,
)


def boundary_events() -> Iterator[dict[str, Any]]:
    """Every field of every type at each of its limits, beside them, with interesting values, and absent."""
    for event_type in load_contract().event_types.values():
        good = GOOD[event_type.name]
        for field in event_type.fields:
            for value in (*_limits(field), *INTERESTING_VALUES):
                yield {**good, field.name: value}
            yield {name: value for name, value in good.items() if name != field.name}


def _limits(field: Field) -> Iterator[Any]:
    for limit in (field.min, field.max):
        if limit is not None:
            yield from (limit - 1, limit, limit + 1, float(limit), limit + 1e-9, str(limit))
    for length in (field.max_length or 0, 1):
        for text in ("x", "é", "😀"):
            yield from (text * (length - 1), text * length, text * (length + 1))
    yield from field.one_of or ()


def mutated_bytes(seed: int, count: int) -> Iterator[bytes]:
    """Good and broken messages with pieces cut, doubled, swapped and put in."""
    random_ = random.Random(seed)
    sources = [encoded(event) for event in GOOD.values()] * 20
    sources += [case.message for case in CASES if case.message and len(case.message) < 1000]
    for _ in range(count):
        message = random_.choice(sources)
        for _ in range(random_.choice((1, 1, 1, 2, 3))):
            message = _mutation(random_, message)
        yield message


def _mutation(random_: random.Random, message: bytes) -> bytes:
    start, end = sorted(random_.randint(0, len(message)) for _ in range(2))
    end = min(end, start + 12)
    piece = message[start:end]
    change = random_.randrange(5)
    if change == 0:
        return message[:start] + message[end:]
    if change == 1:
        return message[:end] + piece + message[end:]
    if change == 2:
        return message[:start] + random_.choice(FRAGMENTS) + message[start:]
    if change == 3:
        return message[:start] + random_.choice(FRAGMENTS) + message[end:]
    return message[:start] + random_.randbytes(1) + message[start + 1 :]


def mutated_events(seed: int, count: int) -> Iterator[dict[str, Any]]:
    """Good events with some of their values replaced, left out or added."""
    random_ = random.Random(seed)
    for _ in range(count):
        event = dict(random_.choice(tuple(GOOD.values())))
        names = [field.name for field in load_contract().columns]
        for _ in range(random_.choice((1, 1, 2, 3))):
            name = random_.choice((*event, *names[4:], "x"))
            value = random_.choice(INTERESTING_VALUES)
            event[name] = value
        yield event


def written_oddly(seed: int, event: dict[str, Any]) -> bytes:
    """The same event in another order, with other white space and with escapes where none are needed."""
    random_ = random.Random(seed)
    members = list(event.items())
    random_.shuffle(members)
    separators = random_.choice(((",", ":"), (", ", ": "), (" ,\n", "\t:\r")))
    text = json.dumps(dict(members), ensure_ascii=random_.random() < 0.5, separators=separators)
    return "".join(_perhaps_escaped(random_, character) for character in text).encode()


def _perhaps_escaped(random_: random.Random, character: str) -> str:
    is_inside_text = character.isalnum() and not character.isdigit() and character not in "truefalsn\\u"
    if is_inside_text and ord(character) < 0x10000 and random_.random() < 0.05:
        return f"\\u{ord(character):04x}"
    return character
