"""What is in force, looked up one fact after the other in the messages as they were sent."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

Document = dict[str, Any]
RULE, NAME, LIST = "card_burst", "max_uses", "trusted"
VALUES = ("m-1", "m-2", "m \N{SNOWMAN}")
TIME_MAX = 40
NUMBERS: tuple[int | float, ...] = (1, 5, 7, 50, 99, 100, 0, -3, 2.5, 7.0, 1e300)
BROKEN: tuple[bytes | None, ...] = (None, b"", b"{", b"[1]", b'{"kind":"rule"}', b"\xff\xfe")


@dataclass(frozen=True)
class Sent:
    """A message of the topic; ``document`` is None where it is no fact."""

    key: bytes
    value: bytes | None
    document: Document | None


def random_messages(generator: random.Random, count: int) -> list[Sent]:
    """Facts of few subjects and times, so that they meet, and messages that are none."""
    return [_random_message(generator, f"f-{number}") for number in range(count)]


def _random_message(generator: random.Random, fact_id: str) -> Sent:
    if generator.random() < 0.1:
        return Sent(fact_id.encode(), generator.choice(BROKEN), None)
    version = generator.randint(1, 9)
    if generator.random() < 0.25:
        digest = f"{generator.getrandbits(48):012x}"
        checked_id = f"rule:{RULE}:{version}:{digest}"
        other_id = generator.choice([f"rule:{RULE}:{version}:by_hand", fact_id])
        fact_id = checked_id if generator.random() < 0.7 else other_id
        return _sent(
            generator, fact_id, {"kind": "rule", "rule_id": RULE, "version": version, "text": "id: x\n"}
        )
    statement: Document = generator.choice(
        [
            {"kind": "parameter", "rule_id": RULE, "name": NAME, "value": generator.choice(NUMBERS)},
            {"kind": "rule_mode", "rule_id": RULE, "mode": generator.choice(["on", "off", "shadow"])},
            {
                "kind": "list_entry",
                "list": LIST,
                "value": generator.choice(VALUES),
                "listed": generator.random() < 0.6,
            },
            {
                "kind": "user_risk_level",
                "user_id": generator.choice(VALUES),
                "level": generator.choice(["Low", "Medium", "High"]),
            },
        ]
    )
    return _sent(generator, fact_id, statement)


def _sent(generator: random.Random, fact_id: str, statement: Document) -> Sent:
    from_ms = generator.randint(0, TIME_MAX)
    until_ms = generator.choice([None, from_ms + generator.randint(1, 15)])
    said = {"from_event_time_ms": from_ms, "until_event_time_ms": until_ms, "changed_by": "ana"}
    document = {"fact_id": fact_id, **statement, **said, "changed_at_ms": 1, "comment": ""}
    if generator.random() < 0.2:
        return Sent(fact_id.encode(), orjson.dumps(_spoiled(generator, document)), None)
    return Sent(fact_id.encode(), orjson.dumps(document), document)


def _spoiled(generator: random.Random, document: Document) -> Document:
    changes: list[Document] = [
        {"fact_id": "another"},
        {"changed_by": ""},
        {"changed_by": "4111111111111111"},
        {"changed_at_ms": 1.0},
        {"from_event_time_ms": "0"},
        {"until_event_time_ms": document["from_event_time_ms"]},
        {"comment": "a\nb"},
        {"comment": None},
        {"comment": "\N{SNOWMAN}" * 501},
        {"extra": 1},
        {"kind": "unknown"},
    ]
    own: dict[str, list[Document]] = {
        "parameter": [{"value": True}, {"value": "5"}, {"name": "Max"}, {"value": 2**63}],
        "rule_mode": [{"mode": "On"}, {"mode": None}, {"rule_id": "1rule"}],
        "rule": [{"version": 0}, {"version": "1"}, {"text": ""}, {"text": "id: a\x00"}],
        "list_entry": [{"listed": 1}, {"value": ""}, {"list": "two words"}, {"value": "a\x00"}],
        "user_risk_level": [{"level": "high"}, {"level": None}, {"user_id": ""}, {"user_id": "u" * 65}],
    }
    return {**document, **generator.choice(changes + own[document["kind"]] * 2)}


def in_force(
    messages: Sequence[Sent], wanted: Document, event_time_ms: int, facts_offset: int, fits: Any = None
) -> Document | None:
    """Of the facts that say something about ``wanted``, the one that holds."""
    best: Document | None = None
    for offset, message in enumerate(messages):
        fact = message.document
        if fact is None or offset > facts_offset:
            continue
        if any(fact.get(name) != value for name, value in wanted.items()):
            continue
        ended = fact["until_event_time_ms"] is not None and event_time_ms >= fact["until_event_time_ms"]
        if ended or event_time_ms < fact["from_event_time_ms"] or (fits and not fits(fact["value"])):
            continue
        if best is None or fact["from_event_time_ms"] >= best["from_event_time_ms"]:
            best = fact
    return best


def answers(messages: Sequence[Sent], value: str | None, event_time_ms: int, facts_offset: int) -> list[Any]:
    """The whole-number and the double parameter (default 5, 1 to 99), the list's answer, mode and level."""

    def whole(number: int | float) -> bool:
        return isinstance(number, int) and 1 <= number <= 99

    def double(number: int | float) -> bool:
        return 1 <= number <= 99

    known = (event_time_ms, facts_offset)
    parameter = {"kind": "parameter", "rule_id": RULE, "name": NAME}
    integer = in_force(messages, parameter, *known, fits=whole)
    number = in_force(messages, parameter, *known, fits=double)
    entry = in_force(messages, {"kind": "list_entry", "list": LIST, "value": value}, *known)
    mode = in_force(messages, {"kind": "rule_mode", "rule_id": RULE}, *known)
    level = in_force(messages, {"kind": "user_risk_level", "user_id": value}, *known)
    return [
        integer["value"] if integer else 5,
        float(number["value"]) if number else 5.0,
        None if value is None else bool(entry and entry["listed"]),
        mode["mode"] if mode else "on",
        level["level"] if level else None,
    ]


def superseded(
    messages: Sequence[Sent], since_ms: int, compiled_offset: int, event_time_ms: int, facts_offset: int
) -> bool:
    """Whether a version that was checked and said behind an offset holds, from ``since_ms`` on or later."""
    later = [
        fact
        for offset, message in enumerate(messages)
        if compiled_offset < offset <= facts_offset
        and (fact := message.document) is not None
        and fact["kind"] == "rule"
        and re.fullmatch(rf"rule:{RULE}:{fact['version']}:[0-9a-f]{{12}}", fact["fact_id"])
    ]
    return any(
        since_ms <= fact["from_event_time_ms"] <= event_time_ms
        and (fact["until_event_time_ms"] is None or event_time_ms < fact["until_event_time_ms"])
        for fact in later
    )
