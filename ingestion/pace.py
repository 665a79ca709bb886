"""How fast messages are handed over: at full speed, or smoothly at a rate; and when to stop."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from ingestion.messages import Message

TICK_SECONDS = 0.01
CATCH_UP_SECONDS = 0.25
SIGNAL_SECONDS = 0.2


class Pace:
    """``rate`` in messages a second, None for as fast as can be.

    A sender that fell behind by more than ``CATCH_UP_SECONDS`` does not make up for it in a burst.
    """

    def __init__(self, rate: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        self.stopped = False
        self._rate = rate
        self._clock = clock
        self._due = clock()

    def stop(self) -> None:
        """Let the sender end after the messages in hand."""
        self.stopped = True

    def slices(self, messages: list[Message], wait: Callable[[float], None]) -> Iterator[list[Message]]:
        """Yield the messages in slices, each when it is due; ``wait`` may return early."""
        if self._rate is None:
            yield messages
            return
        size = max(1, int(self._rate * TICK_SECONDS))
        for first in range(0, len(messages), size):
            if self.stopped:
                return
            part = messages[first : first + size]
            self._wait_until_due(wait)
            yield part
            self._due += len(part) / self._rate

    def _wait_until_due(self, wait: Callable[[float], None]) -> None:
        now = self._clock()
        self._due = max(self._due, now - CATCH_UP_SECONDS)
        while now < self._due and not self.stopped:
            wait(min(self._due - now, SIGNAL_SECONDS))
            now = self._clock()
