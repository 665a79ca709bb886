"""Messages of the alerts' topic, read strictly: an alert as the stream raised it, or why not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from spark_jobs.reconciliation.model import Position, StreamAlert

MEMBERS: dict[str, type] = {
    "_id": str,
    "rule_id": str,
    "rule_version": int,
    "severity": str,
    "message": str,
    "event_id": str,
    "event_type": str,
    "user_id": str,
    "event_time_ms": int,
    "detected_at_ms": int,
    "evidence": dict,
    "event": dict,
    "source": dict,
    "seen": dict,
}
OPTIONAL_MEMBERS: dict[str, type] = {
    "seen_counts": dict,
    "counted_from_ms": dict,
    "held_from_ms": dict,
    "facts_offset": int,
}
"""What alerts of rules with features, and of a stream that follows facts, say besides."""
SOURCE_MEMBERS: dict[str, type] = {"topic": str, "partition": int, "offset": int}
LENGTHS_MAX = {"rule_id": 64, "event_id": 64, "user_id": 64}
RANGES = {
    "rule_version": (1, 2**31 - 1),
    "event_time_ms": (946_684_800_000, 253_402_300_799_999),
    "detected_at_ms": (0, 2**63 - 1),
}
NESTING_MAX = 4
INTEGER_MAX = 2**63 - 1
SOURCE_RANGES = {"partition": (0, 2**31 - 1), "offset": (0, 2**63 - 1)}


class AlertMessageError(ValueError):
    """A message that is no alert; the text names what was expected, never a value."""


def read_alert(value: bytes | None, events_topic: str) -> StreamAlert:
    """Read one message of the alerts' topic.

    Raises:
        AlertMessageError: it is not an alert on ``events_topic``.
    """
    document = _read_object(value)
    optional = {name: kind for name, kind in OPTIONAL_MEMBERS.items() if document.get(name) is not None}
    _expect_members(document, MEMBERS | optional, "")
    document = {name: document[name] for name in MEMBERS | optional}
    _expect_storable(document, NESTING_MAX)
    source = document["source"]
    _expect_members(source, SOURCE_MEMBERS, "source.")
    if source["topic"] != events_topic:
        raise AlertMessageError("expected source.topic to be the topic of the events")
    _expect_ranges(document, RANGES, "")
    _expect_ranges(source, SOURCE_RANGES, "source.")
    for name, length_max in LENGTHS_MAX.items():
        if not 1 <= len(document[name]) <= length_max:
            raise AlertMessageError(f"expected {name} of 1 to {length_max} characters")
    if document["_id"] != f"{document['rule_id']}:{document['event_id']}":
        raise AlertMessageError("expected _id to be rule_id:event_id")
    return StreamAlert(
        alert_id=document["_id"],
        rule_id=document["rule_id"],
        rule_version=document["rule_version"],
        event_id=document["event_id"],
        source=Position(source["topic"], source["partition"], source["offset"]),
        document=document,
    )


def _read_object(value: bytes | None) -> dict[str, Any]:
    if value is None:
        raise AlertMessageError("expected a JSON object, got no value")
    try:
        document = orjson.loads(value)
    except orjson.JSONDecodeError:
        raise AlertMessageError("expected a JSON object in UTF-8") from None
    if not isinstance(document, dict):
        raise AlertMessageError("expected a JSON object")
    return document


def _expect_members(document: Mapping[str, Any], members: Mapping[str, type], place: str) -> None:
    for name, expected in members.items():
        if type(document.get(name)) is not expected:
            raise AlertMessageError(f"expected {place}{name} of type {expected.__name__}")


def _expect_ranges(document: Mapping[str, Any], ranges: Mapping[str, tuple[int, int]], place: str) -> None:
    for name, (least, most) in ranges.items():
        if not least <= document[name] <= most:
            raise AlertMessageError(f"expected {place}{name} from {least} to {most}")


def _expect_storable(value: Any, levels: int) -> None:
    """Refuse what one of the stores cannot keep: it would stop every later run at the same place."""
    if isinstance(value, str):
        if "\x00" in value:
            raise AlertMessageError("expected text without NUL characters")
    elif isinstance(value, int):
        if not -INTEGER_MAX - 1 <= value <= INTEGER_MAX:
            raise AlertMessageError("expected integers of 64 bits")
    elif isinstance(value, dict):
        _expect_names(value)
        _expect_members_storable(value.values(), levels)
    elif isinstance(value, list):
        _expect_members_storable(value, levels)


def _expect_members_storable(members: Iterable[Any], levels: int) -> None:
    if levels == 0:
        raise AlertMessageError(f"expected at most {NESTING_MAX} levels of nesting")
    for member in members:
        _expect_storable(member, levels - 1)


def _expect_names(document: Mapping[str, Any]) -> None:
    if any(not name or name.startswith("$") or "." in name or "\x00" in name for name in document):
        raise AlertMessageError("expected member names without dots, leading dollar signs and NUL characters")
