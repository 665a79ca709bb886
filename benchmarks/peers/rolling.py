"""Windows in plain Python: what consumers, bytewax and Flink's Python functions hold for a key.

A deque of rows and a running sum for each window: an event costs what leaves its windows, and nothing
for what stays. Right for events in the order of their time only, which is how the topics are made.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from benchmarks.peers.work import Window


class RollingWindow:
    """One window of one key."""

    __slots__ = ("counts", "rows", "total", "window_ms")

    def __init__(self, window: Window) -> None:
        self.counts = window.function == "count"
        self.window_ms = window.window_ms
        self.rows: deque[tuple[int, int]] = deque()
        self.total = 0

    def add(self, row: tuple[int, int]) -> int:
        """Take in a row (event time in ms, amount in cents); the window's value, the row included."""
        rows, total, first_ms = self.rows, self.total + row[1], row[0] - self.window_ms
        rows.append(row)
        while rows[0][0] < first_ms:
            total -= rows.popleft()[1]
        self.total = total
        return len(rows) if self.counts else total


class Rolling:
    """All windows of one key."""

    __slots__ = ("windows",)

    def __init__(self, windows: Sequence[Window]) -> None:
        self.windows = [RollingWindow(window) for window in windows]

    def add(self, time_ms: int, amount_cents: int) -> list[int]:
        """Take in an event; the value of each window, the event included."""
        row = (time_ms, amount_cents)
        return [window.add(row) for window in self.windows]
