"""A cheap check for the producer: knows ordinary valid events, leaves the others to the full check."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from contract.events import Field, load_contract
from contract.field_checks import CAPITAL_LETTERS, is_capitals

_BETWEEN_TEXTS = "|"
_MAY_HOLD_CARD_NUMBER = re.compile("[0-9][0-9 -]{11,}[0-9]").search
_KINDS: dict[str, type] = {"text": str, "integer": int, "number": float, "boolean": bool}


class _Check(NamedTuple):
    """What an ordinary value of one field looks like; for text, the bounds are those of its length."""

    name: str
    required: bool
    kind: Any
    low: int
    high: int
    one_of: frozenset[str] | None
    capitals: int


@cache
def _checks() -> dict[str, tuple[_Check, ...]]:
    return {name: tuple(map(_check, kind.fields)) for name, kind in load_contract().event_types.items()}


def _check(field: Field) -> _Check:
    low, high = (1, field.max_length) if field.type == "text" else (field.min, field.max)
    one_of = frozenset(field.one_of) if field.one_of else None
    capitals = CAPITAL_LETTERS[field.format] if field.format else 0
    return _Check(field.name, field.required, _KINDS[field.type], low or 0, high or 0, one_of, capitals)


def surely_valid(event: Mapping[str, Any]) -> bool:
    """True only for a valid event whose text is printable and far from a card number; False says nothing."""
    event_type = event.get("event_type")
    checks = _checks().get(event_type) if type(event_type) is str else None
    if checks is None:
        return False
    texts: list[str] = []
    get = event.get
    for name, required, kind, low, high, one_of, capitals in checks:
        value: Any = get(name)
        if value is None:
            if required:
                return False
        elif type(value) is not kind:
            return False
        elif kind is str:
            if not low <= len(value) <= high or (one_of and value not in one_of):
                return False
            if capitals and not is_capitals(value, capitals):
                return False
            texts.append(value)
        elif kind is not bool and not low <= value <= high:
            return False
    joined = _BETWEEN_TEXTS.join(texts)
    return joined.isprintable() and not _MAY_HOLD_CARD_NUMBER(joined)
