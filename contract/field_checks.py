"""Checks one field's value against its limits."""

from __future__ import annotations

import math
import re
from typing import Any

from contract.canonical import Value
from contract.card_numbers import holds_card_number
from contract.events import Field, Reason

INTEGER_MIN = -(2**63)
INTEGER_MAX = 2**63 - 1
CAPITAL_LETTERS = {"currency": 3, "country": 2}
"""Letters from A to Z that a text of this format consists of."""
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


class RefusedFieldError(Exception):
    """A field is missing or its value is refused; the text never holds the value."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def take(field: Field, value: Any) -> Value | None:
    """The accepted value of a field (None where an optional field is absent, its default if it has one).

    Raises:
        RefusedFieldError: the value breaks the contract.
    """
    if value is None:
        if field.required:
            raise RefusedFieldError(Reason.MISSING_FIELD, f"{field.name}: required")
        return field.default
    if field.type == "text":
        return _text(field, value)
    if field.type == "boolean":
        truth: bool = _typed(field, value, bool)
        return truth
    number = _whole(field, value) if field.type == "integer" else _double(field, value)
    if not _low(field) <= number <= _high(field):
        raise _out_of_range(field)
    return number


def _low(field: Field) -> float:
    return -math.inf if field.min is None else field.min


def _high(field: Field) -> float:
    return math.inf if field.max is None else field.max


def expected_type(field: Field) -> str:
    """What a value of the field has to be, in words."""
    return {
        "text": "text",
        "integer": "a whole number, digits only",
        "number": "a number",
        "boolean": "true or false",
    }[field.type]


def expected_range(field: Field) -> str:
    """Which values of the right type the field allows, in words."""
    if field.type != "text":
        return f"{field.min} to {field.max}"
    if field.one_of:
        return f"one of {', '.join(field.one_of)}"
    if field.format:
        return f"{CAPITAL_LETTERS[field.format]} capital letters"
    return f"1 to {field.max_length} characters, no control characters"


def _text(field: Field, value: Any) -> str:
    text: str = _typed(field, value, str)
    if not 1 <= len(text) <= (field.max_length or 0) or _CONTROL.search(text) or not _is_allowed(field, text):
        raise _out_of_range(field)
    if holds_card_number(text):
        raise RefusedFieldError(Reason.CARD_NUMBER, f"{field.name}: holds a card number")
    return text


def _is_allowed(field: Field, text: str) -> bool:
    if field.one_of and text not in field.one_of:
        return False
    return field.format is None or is_capitals(text, CAPITAL_LETTERS[field.format])


def is_capitals(text: str, count: int) -> bool:
    """Whether the text is that many letters from A to Z."""
    return len(text) == count and text.isascii() and text.isalpha() and text.isupper()


def _whole(field: Field, value: Any) -> int:
    number: int = _typed(field, value, int)
    if not INTEGER_MIN <= number <= INTEGER_MAX:
        raise _out_of_range(field)
    return number


def _double(field: Field, value: Any) -> float:
    if type(value) not in (int, float):
        raise _wrong_type(field)
    try:
        number = float(value) + 0.0
    except OverflowError:
        raise _out_of_range(field) from None
    if not math.isfinite(number):
        raise _out_of_range(field)
    return number


def _typed(field: Field, value: Any, kind: type) -> Any:
    if type(value) is not kind:
        raise _wrong_type(field)
    return value


def _wrong_type(field: Field) -> RefusedFieldError:
    return RefusedFieldError(Reason.WRONG_TYPE, f"{field.name}: expected {expected_type(field)}")


def _out_of_range(field: Field) -> RefusedFieldError:
    return RefusedFieldError(Reason.OUT_OF_RANGE, f"{field.name}: expected {expected_range(field)}")
