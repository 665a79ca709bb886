"""Messages of the alerts' topic, read strictly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

Document = dict[str, Any]

TEXT_MEMBERS = ("_id", "rule_id", "severity", "message", "event_id", "event_type", "user_id", "status")
INTEGER_MEMBERS = ("rule_version", "event_time_ms", "detected_at_ms")
OBJECT_MEMBERS = ("evidence", "event", "source", "seen")


@dataclass(frozen=True)
class Message:
    """One message and its place."""

    value: bytes | None
    topic: str
    partition: int
    offset: int

    @property
    def place(self) -> str:
        """Where the message stands."""
        return f"{self.topic}:{self.partition}:{self.offset}"


@dataclass(frozen=True)
class Refusal:
    """Why a message is no alert: what was expected, never a value."""

    error: str


def read_alert(value: bytes | None) -> Document | Refusal:
    """Return the document that MongoDB keeps, or why there is none."""
    try:
        document = orjson.loads(value or b"")
    except orjson.JSONDecodeError:
        return Refusal("expected a JSON object in UTF-8")
    if not isinstance(document, dict):
        return Refusal("expected a JSON object")
    for names, wanted in ((TEXT_MEMBERS, str), (INTEGER_MEMBERS, int), (OBJECT_MEMBERS, dict)):
        for name in names:
            if type(document.get(name)) is not wanted:
                return Refusal(f"expected {name} of type {wanted.__name__}")
    if document["_id"] != f"{document['rule_id']}:{document['event_id']}":
        return Refusal("expected _id to be rule_id:event_id")
    return {**document, "status_reason": None, "batch_id": None}
