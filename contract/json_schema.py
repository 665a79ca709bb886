"""The contract as JSON Schema (2020-12), for tools and programs outside.

``python -m contract.json_schema`` writes it. What a schema cannot say is in its
description: whole numbers are digits only, card numbers are refused, as are a
name twice in one object and times far ahead of the append time.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from contract.events import Contract, EventType, Field, load_contract
from contract.field_checks import CAPITAL_LETTERS

SCHEMA_PATH = Path(__file__).with_name("risk_events.schema.json")

_CONTROL_CHARACTER = {"type": "string", "pattern": "[\\u0000-\\u001f\\u007f-\\u009f]"}
_TYPES = {"text": "string", "integer": "integer", "number": "number", "boolean": "boolean"}
_BEYOND_SCHEMA = (
    "One event. Beyond this schema: a message is strict UTF-8 and RFC 8259 JSON of at most {bytes} bytes "
    "and {levels} levels, no object has a name twice, whole numbers are written with digits only, no text "
    "holds a card number, and event_time_ms is at most {ahead} ms after the broker's append time."
)


def json_schema(contract: Contract) -> dict[str, Any]:
    """The schema of one event of any type."""
    limits = contract.limits
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Tandem risk event",
        "description": _BEYOND_SCHEMA.format(
            bytes=limits.message_bytes, levels=limits.nesting_levels, ahead=limits.future_tolerance_ms
        ),
        "type": "object",
        "required": ["event_type"],
        "properties": {"event_type": {"enum": list(contract.event_types)}},
        "allOf": [_when(event_type) for event_type in contract.event_types.values()],
        "$defs": {name: _type_schema(event_type) for name, event_type in contract.event_types.items()},
    }


def schema_text() -> str:
    """The file's content."""
    return json.dumps(json_schema(load_contract()), indent=2, ensure_ascii=True) + "\n"


def _when(event_type: EventType) -> dict[str, Any]:
    is_of_type = {"properties": {"event_type": {"const": event_type.name}}, "required": ["event_type"]}
    return {"if": is_of_type, "then": {"$ref": f"#/$defs/{event_type.name}"}}


def _type_schema(event_type: EventType) -> dict[str, Any]:
    return {
        "description": event_type.doc,
        "required": [field.name for field in event_type.fields if field.required],
        "properties": {field.name: _field_schema(field) for field in event_type.fields},
    }


def _field_schema(field: Field) -> dict[str, Any]:
    name = _TYPES[field.type]
    schema: dict[str, Any] = {"description": field.doc, "type": name if field.required else [name, "null"]}
    if field.type == "text":
        schema |= {"minLength": 1, "maxLength": field.max_length, "not": _CONTROL_CHARACTER}
    elif field.type != "boolean":
        schema |= {"minimum": field.min, "maximum": field.max}
    if field.format:
        schema["pattern"] = f"^[A-Z]{{{CAPITAL_LETTERS[field.format]}}}$"
    if field.one_of:
        schema["enum"] = [*field.one_of, *([] if field.required else [None])]
    if field.default is not None:
        schema["default"] = field.default
    return schema


if __name__ == "__main__":
    SCHEMA_PATH.write_text(schema_text(), encoding="utf-8")
