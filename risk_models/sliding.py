"""Sums over sliding windows by key, for all rows at once: sorted once, then differences of running sums."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

DAY_MS = 86_400_000


@dataclass(frozen=True)
class KeyedTimes:
    """Rows in the order of their key, then time. Keys are 0, 1, ...; times are in milliseconds."""

    order: Ints
    place: Ints
    span_ms: int
    origin_ms: int

    @classmethod
    def of(cls, key: Ints, time_ms: Ints, *, origin_ms: int, last_ms: int) -> KeyedTimes:
        """Sort rows. No time that is asked for may lie outside ``origin_ms`` to ``last_ms``."""
        span_ms = last_ms - origin_ms + 2
        place = key * span_ms + (time_ms - origin_ms)
        order = np.argsort(place, kind="stable")
        return cls(order, place[order], span_ms, origin_ms)

    def up_to(self, key: Ints, time_ms: Ints) -> Ints:
        """Return for each query how many rows, counted over all keys, lie at or before it."""
        relative = np.clip(time_ms - self.origin_ms, -1, self.span_ms - 2)
        return np.searchsorted(self.place, key * self.span_ms + relative, side="right").astype(np.int64)

    def running(self, values: Floats) -> Floats:
        """Return running sums in this order, starting with 0."""
        return np.concatenate([[0.0], np.cumsum(values[self.order])])

    def sums(self, values: Floats, key: Ints, time_ms: Ints, window_ms: int) -> Floats:
        """Return sums over the rows of the key with a time in (time - window, time]."""
        running = self.running(values)
        return np.asarray(running[self.up_to(key, time_ms)] - running[self.up_to(key, time_ms - window_ms)])

    def own_place(self) -> Ints:
        """Return where each row stands in this order."""
        own = np.empty(len(self.order), dtype=np.int64)
        own[self.order] = np.arange(len(self.order))
        return own
