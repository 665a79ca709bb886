"""A message before it is sent, with what is known of it in advance."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Literal, NamedTuple

Kind = Literal["good", "duplicate", "conflict", "broken"]
"""What a message is meant to be."""


class Message(NamedTuple):
    """One message for the topic of events.

    ``value`` None is a tombstone. ``reason`` is the quarantine reason that a conflict
    or a broken message must get. ``fault`` names what is broken. ``expected_alerts``
    are the rules that an event of a planted scenario must trip.
    """

    key: bytes
    value: bytes | None
    event_type: str | None
    event_id: str | None
    kind: Kind = "good"
    reason: str | None = None
    fault: str | None = None
    scenario: str | None = None
    step: str | None = None
    expected_alerts: tuple[str, ...] = ()


def stream_hash(batches: Iterable[list[Message]]) -> str:
    """SHA-256 over keys and values of all messages in order: equal streams, equal hash."""
    digest = hashlib.sha256()
    for batch in batches:
        for message in batch:
            digest.update(message.key + b"\x1f")
            digest.update(b"\x00" if message.value is None else b"\x01" + message.value)
            digest.update(b"\x1e")
    return digest.hexdigest()
