"""Finds and masks card numbers.

A card number is a row of neighbouring groups of digits, with nothing but spaces
and dashes between them, that together have 13 to 19 digits, an issuer's prefix
and a right Luhn check digit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from contract.events import CardNumbers, load_contract

_STRETCH = re.compile(r"[0-9][0-9 -]*")
_PAYLOAD_UNIT = re.compile(rb"\\\\|\\u[0-9a-fA-F]{4}|.", re.DOTALL)
_DIGITS_KEPT = 4


def holds_card_number(text: str) -> bool:
    """Whether the text of a field holds a card number."""
    for stretch in _STRETCH.findall(text):
        groups = [range(match.start(), match.end()) for match in re.finditer("[0-9]+", stretch)]
        if any(_is_card_number("".join(stretch[i] for i in row)) for row in _rows(groups)):
            return True
    return False


def mask_card_numbers(payload: bytes) -> bytes:
    """A copy of a stored payload in which of every card number only the last four digits are left.

    Each other byte of it becomes ``*``. Digits, spaces and dashes may be JSON
    escapes too, and NUL bytes (UTF-16) are passed over.
    """
    masked = bytearray(payload)
    for groups in _payload_stretches(payload):
        numbers = [range(group[0], group[-1] + 1) for group in _numbered(groups)]
        digits = [digit for group in groups for digit in group]
        for row in _rows(numbers):
            if _is_card_number("".join(digits[i].value for i in row)):
                for i in row[:-_DIGITS_KEPT]:
                    masked[digits[i].start : digits[i].end] = b"*" * (digits[i].end - digits[i].start)
    return bytes(masked)


@dataclass(frozen=True)
class _Digit:
    """One digit of a payload and where its bytes stand."""

    value: str
    start: int
    end: int


def _payload_stretches(payload: bytes) -> Iterator[list[list[_Digit]]]:
    """The groups of digits of each stretch."""
    groups: list[list[_Digit]] = [[]]
    for match in _PAYLOAD_UNIT.finditer(payload):
        unit = _unescaped(match.group())
        if unit.isdigit():
            groups[-1].append(_Digit(unit, match.start(), match.end()))
        elif unit in ("-", " "):
            groups.append([])
        elif unit != "\0":
            yield [group for group in groups if group]
            groups = [[]]
    yield [group for group in groups if group]


def _unescaped(unit: bytes) -> str:
    """The ASCII character of a raw or escaped unit; an escaped NUL is no NUL byte, and so is a letter."""
    code = int(unit[2:], 16) if unit.startswith(b"\\u") else unit[0]
    return chr(code) if 0 < code < 128 or unit == b"\0" else "x"


def _numbered(groups: list[list[_Digit]]) -> Iterator[range]:
    """For each group the numbers of its digits within the stretch."""
    first = 0
    for group in groups:
        yield range(first, first + len(group))
        first += len(group)


def _rows(groups: list[range]) -> Iterator[list[int]]:
    """Places of the digits of every row of neighbouring groups that is not too long."""
    for first in range(len(groups)):
        row: list[int] = []
        for group in groups[first:]:
            row = [*row, *group]
            if len(row) > _card_rules().digits_max:
                break
            yield row


@cache
def _card_rules() -> CardNumbers:
    return load_contract().card_numbers


def _is_card_number(digits: str) -> bool:
    rules = _card_rules()
    return (
        rules.digits_min <= len(digits) <= rules.digits_max
        and any(low <= digits[: len(low)] <= high for low, high in rules.prefixes)
        and _passes_luhn(digits)
    )


def _passes_luhn(digits: str) -> bool:
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (doubled + sum(map(int, digits[-1::-2]))) % 10 == 0
