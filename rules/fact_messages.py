"""Messages of the topic of facts, read strictly."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any, TypeVar

from contract.card_numbers import holds_card_number
from contract.json_text import RefusedTextError, read_object
from rules.characters import holds_control
from rules.facts import (
    MODES,
    RISK_LEVELS,
    Fact,
    ListEntry,
    ParameterValueSet,
    RuleMode,
    RuleText,
    Statement,
    UserRiskLevel,
)

NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
FACT_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
TIME_MS_MAX = 253_402_300_799_999
"""The last millisecond of the year 9999."""
VERSION_MAX = 999_999_999
INTEGER_MIN, INTEGER_MAX = -(2**63), 2**63 - 1
LIST_VALUE_CHARACTERS_MAX = 256
USER_CHARACTERS_MAX = 64
PERSON_CHARACTERS_MAX = 128
COMMENT_CHARACTERS_MAX = 500
RULE_TEXT_CHARACTERS_MAX = 16 * 1024

_Word = TypeVar("_Word", bound=str)

_COMMON = (
    *("fact_id", "kind", "from_event_time_ms", "until_event_time_ms"),
    *("changed_by", "changed_at_ms", "comment"),
)
_OWN: dict[str, tuple[str, ...]] = {
    "rule": ("rule_id", "version", "text"),
    "rule_mode": ("rule_id", "mode"),
    "parameter": ("rule_id", "name", "value"),
    "list_entry": ("list", "value", "listed"),
    "user_risk_level": ("user_id", "level"),
}


class FactError(ValueError):
    """A message is no fact. The text names the member and what was expected, never the value."""


def decode_fact(key: bytes | None, value: bytes | None) -> Fact:
    """Read a message of the topic strictly: every member there, none unknown, each in its limits.

    Raises:
        FactError: it is no fact.
    """
    try:
        members = read_object(value)
    except RefusedTextError as error:
        raise FactError(error.detail) from None
    kind = members.get("kind")
    if not isinstance(kind, str) or kind not in _OWN:
        raise FactError(f"kind: expected one of {', '.join(_OWN)}")
    _check_names(members, (*_COMMON, *_OWN[kind]))
    fact = Fact(
        fact_id=_matching(members, "fact_id", FACT_ID),
        statement=_statement(kind, members),
        from_event_time_ms=_whole(members, "from_event_time_ms", 0, TIME_MS_MAX),
        until_event_time_ms=_until(members),
        changed_by=_text(members, "changed_by", 1, PERSON_CHARACTERS_MAX),
        changed_at_ms=_whole(members, "changed_at_ms", 0, TIME_MS_MAX),
        comment=_text(members, "comment", 0, COMMENT_CHARACTERS_MAX),
    )
    if fact.until_event_time_ms is not None and fact.until_event_time_ms <= fact.from_event_time_ms:
        raise FactError("until_event_time_ms: expected a time after from_event_time_ms")
    if key != fact.fact_id.encode():
        raise FactError("fact_id: expected the message's key")
    return fact


def checked(fact: Fact) -> Fact:
    """Return the fact as a reader of the topic will take it.

    Raises:
        FactError: a reader would refuse it.
    """
    return decode_fact(fact.fact_id.encode(), fact.encoded())


def read_fact_lines(file: Path) -> list[Fact]:
    """Read facts of which each is a line of a file.

    Raises:
        FactError: a line is no fact.
    """
    facts = []
    for line in file.read_bytes().splitlines():
        told = read_object(line).get("fact_id")
        facts.append(decode_fact(str(told).encode(), line))
    return facts


def _check_names(members: dict[str, Any], known: tuple[str, ...]) -> None:
    for name in known:
        if name not in members:
            raise FactError(f"{name}: expected, but absent")
    if len(members) > len(known):
        raise FactError(f"expected no other members than {', '.join(known)}")


def _statement(kind: str, members: dict[str, Any]) -> Statement:
    if kind == "list_entry":
        value = _text(members, "value", 1, LIST_VALUE_CHARACTERS_MAX)
        return ListEntry(_matching(members, "list", NAME), value, _truth(members, "listed"))
    if kind == "user_risk_level":
        user_id = _text(members, "user_id", 1, USER_CHARACTERS_MAX)
        return UserRiskLevel(user_id, _one_of(members, "level", RISK_LEVELS))
    rule_id = _matching(members, "rule_id", NAME)
    if kind == "rule":
        text = _text(members, "text", 1, RULE_TEXT_CHARACTERS_MAX, lines=True)
        return RuleText(rule_id, _whole(members, "version", 1, VERSION_MAX), text)
    if kind == "parameter":
        return ParameterValueSet(rule_id, _matching(members, "name", NAME), _number(members, "value"))
    return RuleMode(rule_id, _one_of(members, "mode", MODES))


def _one_of(members: dict[str, Any], name: str, known: tuple[_Word, ...]) -> _Word:
    for word in known:
        if members[name] == word:
            return word
    raise FactError(f"{name}: expected one of {', '.join(known)}")


def _until(members: dict[str, Any]) -> int | None:
    if members["until_event_time_ms"] is None:
        return None
    return _whole(members, "until_event_time_ms", 0, TIME_MS_MAX)


def _whole(members: dict[str, Any], name: str, low: int, high: int) -> int:
    value = members[name]
    if type(value) is not int or not low <= value <= high:
        raise FactError(f"{name}: expected a whole number from {low} to {high}")
    return value


def _number(members: dict[str, Any], name: str) -> int | float:
    value = members[name]
    if type(value) is int and INTEGER_MIN <= value <= INTEGER_MAX:
        return value
    if type(value) is float and math.isfinite(value):
        return value
    raise FactError(f"{name}: expected a number that fits 64 bits")


def _truth(members: dict[str, Any], name: str) -> bool:
    if type(members[name]) is not bool:
        raise FactError(f"{name}: expected true or false")
    return bool(members[name])


def _matching(members: dict[str, Any], name: str, pattern: re.Pattern[str]) -> str:
    value = members[name]
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise FactError(f"{name}: expected text like {pattern.pattern}")
    return value


def _text(members: dict[str, Any], name: str, least: int, most: int, *, lines: bool = False) -> str:
    value = members[name]
    if not isinstance(value, str) or not least <= len(value) <= most:
        raise FactError(f"{name}: expected text of {least} to {most} characters")
    if holds_control(value.replace("\n", "").replace("\t", "") if lines else value):
        raise FactError(f"{name}: expected no control characters")
    if not lines and holds_card_number(value):
        raise FactError(f"{name}: expected no card number")
    return value
