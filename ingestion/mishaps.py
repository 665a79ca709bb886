"""What goes wrong on the way to a topic: disorder, duplicates, conflicts, broken messages.

Everything keeps to a horizon of ``HORIZON`` places, but for a part of the duplicates,
which waits for the next chunk. A repeated message never overtakes its first.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import orjson

from contract.events import Reason
from ingestion.broken import BrokenMessages
from ingestion.messages import Message
from ingestion.options import StreamOptions
from ingestion.population import Floats, Ints

HORIZON = 200
HELD_SHARE = 0.25
MONEY_FIELDS = ("amount_cents", "loan_amount_cents", "balance_cents")


@dataclass
class Mishaps:
    """Disturbs the chunks of one stream, each in its turn."""

    options: StreamOptions
    broken: BrokenMessages = field(init=False)
    held: list[Message] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.broken = BrokenMessages(self.options.run_id, self.options.seed)

    def disturb(self, number: int, messages: list[Message], time_ms: int) -> list[Message]:
        """Return the chunk's messages in the order of sending, mishaps included."""
        rng = np.random.default_rng([self.options.seed, 6, number])
        count = len(messages)
        normal = np.array([message.scenario is None for message in messages], dtype=bool)
        places = np.arange(count, dtype=np.float64)
        moved = np.flatnonzero((rng.random(count) < self.options.disorder) & normal)
        places[moved] += rng.uniform(1, HORIZON, len(moved))
        extra = [
            *self._released(rng, count),
            *self._duplicates(rng, messages, places),
            *self._conflicts(rng, messages, places, np.flatnonzero(normal)),
            *self._broken(rng, messages, time_ms),
        ]
        everything = [*messages, *(message for _, message in extra)]
        order = np.argsort(np.concatenate([places, [place for place, _ in extra]]), kind="stable")
        return [everything[place] for place in order.tolist()]

    def rest(self) -> list[Message]:
        """Return the duplicates that still wait, for the stream's end."""
        waiting, self.held = self.held, []
        return waiting

    def _released(self, rng: np.random.Generator, count: int) -> list[tuple[float, Message]]:
        waiting = self.rest()
        return list(zip(rng.uniform(0, count, len(waiting)).tolist(), waiting, strict=True))

    def _duplicates(
        self, rng: np.random.Generator, messages: list[Message], places: Floats
    ) -> list[tuple[float, Message]]:
        chosen = np.flatnonzero(rng.random(len(messages)) < self.options.duplicates)
        soon: list[tuple[float, Message]] = []
        for index, waits in zip(
            chosen.tolist(), (rng.random(len(chosen)) < HELD_SHARE).tolist(), strict=True
        ):
            copy = messages[index]._replace(kind="duplicate", expected_alerts=())
            if waits:
                self.held.append(copy)
            else:
                soon.append((places[index] + rng.uniform(0.5, HORIZON), copy))
        return soon

    def _conflicts(
        self, rng: np.random.Generator, messages: list[Message], places: Floats, normal: Ints
    ) -> list[tuple[float, Message]]:
        chosen = normal[rng.random(len(normal)) < self.options.conflicts].tolist()
        return [(places[index] + rng.uniform(0.5, HORIZON), _contradict(messages[index])) for index in chosen]

    def _broken(
        self, rng: np.random.Generator, messages: list[Message], time_ms: int
    ) -> list[tuple[float, Message]]:
        count = len(messages)
        chosen = rng.integers(count, size=rng.binomial(count, self.options.broken)).tolist()
        return [(index + 0.5, self.broken.next(time_ms, messages[index].key.decode())) for index in chosen]


def _contradict(message: Message) -> Message:
    """The same event_id with another content that is valid by itself."""
    fields = orjson.loads(message.value or b"")
    fields["event_time_ms"] -= 60_000
    for name in MONEY_FIELDS:
        if name in fields:
            fields[name] += 100
    return message._replace(
        value=orjson.dumps(fields), kind="conflict", reason=Reason.CONFLICTING_DUPLICATE.value
    )
