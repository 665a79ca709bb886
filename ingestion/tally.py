"""Counts of messages that the broker has."""

from __future__ import annotations

from collections import Counter
from operator import attrgetter
from typing import Any

from ingestion.messages import Message

_type_and_kind = attrgetter("event_type", "kind")
NO_TYPE = "none"


class Tally:
    """Counts by what the messages are and what was planted in them."""

    def __init__(self, messages: list[Message]) -> None:
        self.types_and_kinds = Counter(map(_type_and_kind, messages))
        self.reasons = Counter(message.reason for message in messages if message.reason)
        self.scenarios = Counter(message.scenario for message in messages if message.scenario)
        self.bytes = sum(len(message.value or b"") for message in messages)

    def add(self, other: Tally) -> None:
        """Take in another tally's counts."""
        self.types_and_kinds.update(other.types_and_kinds)
        self.reasons.update(other.reasons)
        self.scenarios.update(other.scenarios)
        self.bytes += other.bytes

    @property
    def messages(self) -> int:
        """How many there are."""
        return self.types_and_kinds.total()

    @property
    def event_types(self) -> Counter[str]:
        """Messages by the type that they were made as."""
        return self._summed(0)

    @property
    def kinds(self) -> Counter[str]:
        """Messages by kind."""
        return self._summed(1)

    def as_dict(self) -> dict[str, Any]:
        """All counts, by name."""
        counts = {"kinds": self.kinds, "event_types": self.event_types}
        counts |= {"reasons": self.reasons, "scenarios": self.scenarios}
        sorted_counts = {name: dict(sorted(counter.items())) for name, counter in counts.items()}
        return {"acknowledged": self.messages, "value_bytes": self.bytes, **sorted_counts}

    def _summed(self, place: int) -> Counter[str]:
        sums: Counter[str] = Counter()
        for pair, count in self.types_and_kinds.items():
            sums[pair[place] or NO_TYPE] += count
        return sums
