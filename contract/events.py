"""The event types with their limits, read from ``risk_events.json``.

That file is the one definition: the JSON Schema, the Python parser and the
engines' parser in the JVM are all made from it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Literal

DEFINITION_PATH = Path(__file__).with_name("risk_events.json")

FieldType = Literal["text", "integer", "number", "boolean"]


class Reason(StrEnum):
    """Why a message is quarantined; the first that applies, in this order."""

    TOO_LARGE = "too_large"
    NOT_JSON = "not_json"
    NOT_AN_OBJECT = "not_an_object"
    UNKNOWN_EVENT_TYPE = "unknown_event_type"
    MISSING_FIELD = "missing_field"
    WRONG_TYPE = "wrong_type"
    OUT_OF_RANGE = "out_of_range"
    CARD_NUMBER = "card_number"
    FUTURE_EVENT_TIME = "future_event_time"
    CONFLICTING_DUPLICATE = "conflicting_duplicate"


@dataclass(frozen=True)
class Field:
    """One field of an event. ``min`` and ``max`` are inclusive; lengths are code points."""

    name: str
    type: FieldType
    required: bool
    doc: str
    min: int | None = None
    max: int | None = None
    max_length: int | None = None
    one_of: tuple[str, ...] | None = None
    format: Literal["currency", "country"] | None = None
    default: str | None = None


@dataclass(frozen=True)
class EventType:
    """One event type with all its fields, the common ones first."""

    name: str
    doc: str
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Limits:
    """Limits of a whole message."""

    message_bytes: int
    nesting_levels: int
    future_tolerance_ms: int
    event_time_ms_min: int
    money_cents_max: int


@dataclass(frozen=True)
class CardNumbers:
    """How a card number is told from other digits (ISO/IEC 7812 prefixes and Luhn)."""

    digits_min: int
    digits_max: int
    prefixes: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Contract:
    """The whole definition."""

    limits: Limits
    card_numbers: CardNumbers
    event_types: dict[str, EventType]

    @property
    def columns(self) -> tuple[Field, ...]:
        """Every field of every type once, in the order of the definition: the engines' row."""
        union: dict[str, Field] = {}
        for event_type in self.event_types.values():
            for field in event_type.fields:
                union.setdefault(field.name, field)
        return tuple(union.values())


@cache
def load_contract() -> Contract:
    """Read the definition; the same object at every call."""
    definition = json.loads(DEFINITION_PATH.read_text(encoding="utf-8"))
    common = tuple(_field(entry) for entry in definition["common_fields"])
    card = definition["card_number"]
    return Contract(
        limits=Limits(**definition["limits"]),
        card_numbers=CardNumbers(
            digits_min=card["digits_min"],
            digits_max=card["digits_max"],
            prefixes=tuple((entry["from"], entry["to"]) for entry in card["issuer_prefixes"]),
        ),
        event_types={
            name: EventType(name, entry["doc"], common + tuple(map(_field, entry["fields"])))
            for name, entry in definition["event_types"].items()
        },
    )


def _field(entry: dict[str, Any]) -> Field:
    one_of = entry.get("one_of")
    return Field(**{**entry, "one_of": tuple(one_of) if one_of else None})
