"""A chunk of normal events on its way from columns to messages."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import repeat

from ingestion.messages import Message
from ingestion.population import Ints, Texts


@dataclass(frozen=True)
class Rows:
    """Who does something when, and the event's own id: the part that all types share."""

    event_id: Texts
    time_ms: Ints
    user: Ints

    def at(self, where: Ints) -> Rows:
        """Return the rows at these places."""
        return Rows(self.event_id[where], self.time_ms[where], self.user[where])

    def __len__(self) -> int:
        return len(self.user)


@dataclass(frozen=True)
class Chunk:
    """Normal events in the order of ``arrival_ms``; late ones carry an earlier event time."""

    arrival_ms: Ints
    rows: Rows
    events: Texts
    types: Texts
    keys: Texts

    def messages(self) -> list[Message]:
        """Return the events as messages."""
        values = map(str.encode, self.events.tolist())
        rest = (repeat("good"), *(repeat(None) for _ in range(4)), repeat(()))
        rows = zip(
            self.keys.tolist(), values, self.types.tolist(), self.rows.event_id.tolist(), *rest, strict=False
        )
        return list(map(Message._make, rows))
