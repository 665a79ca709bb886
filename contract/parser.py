"""The contract in Python: which messages are accepted, and why the others are quarantined.

The engines use the parser in ``jvm/``; this one is the reference that it is held
against, and what the producer validates with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from contract.canonical import Value, content_hash
from contract.events import EventType, Reason, load_contract
from contract.field_checks import RefusedFieldError, take
from contract.json_text import RefusedTextError, has_lone_surrogate, read_object
from contract.quick_check import surely_valid

_RANK = {reason: rank for rank, reason in enumerate(Reason)}


@dataclass(frozen=True)
class ParsedEvent:
    """The outcome for one message: accepted where ``reason`` is None.

    ``values`` holds the fields that are not null, defaults applied. A quarantined
    message has no values, only its ``event_id`` where that can be read safely.
    """

    reason: Reason | None
    detail: str | None
    event_id: str | None
    values: dict[str, Value] = field(default_factory=dict)
    content_hash: bytes | None = None


def parse_message(message: bytes | None, append_time_ms: int) -> ParsedEvent:
    """Accept or quarantine one message (None is a tombstone)."""
    try:
        members = read_object(message)
    except RefusedTextError as refused:
        return ParsedEvent(refused.reason, refused.detail, None)
    return _check(members, append_time_ms)


def validate_event(event: Mapping[str, Any]) -> tuple[Reason, str] | None:
    """Why an event may not be sent, with the field and what was expected; None where it may.

    The event is checked as the message that it becomes; only size and append time are not known yet.
    """
    if surely_valid(event):
        return None
    if has_lone_surrogate(event):
        return Reason.NOT_JSON, "a lone surrogate"
    event_type = _event_type(event)
    if event_type is None:
        return Reason.UNKNOWN_EVENT_TYPE, _unknown_event_type()
    _, refused = _take_all(event_type, event)
    return (refused.reason, refused.detail) if refused else None


def _check(members: dict[str, Any], append_time_ms: int) -> ParsedEvent:
    event_type = _event_type(members)
    if event_type is None:
        return _quarantined(Reason.UNKNOWN_EVENT_TYPE, _unknown_event_type(), members)
    values, refused = _take_all(event_type, members)
    if refused:
        return _quarantined(refused.reason, refused.detail, members)
    tolerance_ms = load_contract().limits.future_tolerance_ms
    event_time_ms = values["event_time_ms"]
    if isinstance(event_time_ms, int) and event_time_ms > append_time_ms + tolerance_ms:
        detail = f"event_time_ms: more than {tolerance_ms} ms after the append time"
        return _quarantined(Reason.FUTURE_EVENT_TIME, detail, members)
    return ParsedEvent(None, None, str(values["event_id"]), values, content_hash(event_type, values))


def _event_type(members: Mapping[str, Any]) -> EventType | None:
    name = members.get("event_type")
    return load_contract().event_types.get(name) if isinstance(name, str) else None


def _unknown_event_type() -> str:
    return f"event_type: expected one of {', '.join(load_contract().event_types)}"


def _take_all(
    event_type: EventType, members: Mapping[str, Any]
) -> tuple[dict[str, Value], RefusedFieldError | None]:
    """The values of all fields, and the refusal that wins: by reason, then by the contract's order."""
    values: dict[str, Value] = {}
    refusals: list[RefusedFieldError] = []
    for contract_field in event_type.fields:
        try:
            value = take(contract_field, members.get(contract_field.name))
        except RefusedFieldError as refused:
            refusals.append(refused)
        else:
            if value is not None:
                values[contract_field.name] = value
    return values, min(refusals, key=lambda refused: _RANK[refused.reason], default=None)


def _quarantined(reason: Reason, detail: str, members: Mapping[str, Any]) -> ParsedEvent:
    event_id_field = next(field for field in load_contract().columns if field.name == "event_id")
    try:
        event_id = take(event_id_field, members.get("event_id"))
    except RefusedFieldError:
        event_id = None
    return ParsedEvent(reason, detail, event_id if isinstance(event_id, str) else None)
