"""The content of an accepted event in one form, so that two messages can be compared."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping

from contract.events import EventType

Value = str | int | float | bool

UNIT_SEPARATOR = "\x1f"
RECORD_SEPARATOR = "\x1e"
HASH_BYTES = 16


def canonical_content(event_type: EventType, values: Mapping[str, Value]) -> bytes:
    """For each field that is not null, in the contract's order: name, U+001F, value, U+001E; UTF-8."""
    return "".join(
        f"{field.name}{UNIT_SEPARATOR}{_text(values[field.name])}{RECORD_SEPARATOR}"
        for field in event_type.fields
        if field.name in values
    ).encode()


def content_hash(event_type: EventType, values: Mapping[str, Value]) -> bytes:
    """The first 16 bytes of the SHA-256 of the canonical content."""
    return hashlib.sha256(canonical_content(event_type, values)).digest()[:HASH_BYTES]


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return struct.pack(">d", value + 0.0).hex()
    return str(value)
