"""What every contender is given to do. Imports nothing, so that every contender's environment can."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Function = Literal["count", "sum"]
Key = Literal["user_id", "card_id", "device_id"]

SECOND_MS = 1000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
STEP_MS = 86.4
"""From event to event: a million a day, however long the topic."""
DENSE_CARDS = 50
MARKER_MERCHANT = "marker"
STATELESS_CHANNEL = "ecommerce"


@dataclass(frozen=True)
class Window:
    """An exact sliding window over a key's events: how many, or the sum of their amounts, in cents."""

    function: Function
    key: Key
    window_ms: int

    @property
    def name(self) -> str:
        """The feature's name in Tandem's rule, and in the thresholds."""
        return f"{self.key.removesuffix('_id')}_{self.function}_{self.window_ms // SECOND_MS}s"


@dataclass(frozen=True)
class Work:
    """One rule over one data set: it fires where a window's value passes its threshold.

    Without windows it is the stateless rule: an amount above its threshold, paid on the web. An event at
    the merchant ``marker`` fires every rule: one in a thousand, by which progress is told from outside.
    """

    name: str
    title: str
    dataset: str
    windows: tuple[Window, ...] = ()


def works() -> tuple[Work, ...]:
    """All works."""
    card_hour = Window("count", "card_id", HOUR_MS)
    return (
        Work("stateless", "stateless rule", "uniform"),
        Work("one_window", "one window of an hour by card", "uniform", (card_hour,)),
        Work("three_windows", "three windows by card", "uniform", _three("card_id")),
        Work("ten_windows", "ten windows on three keys", "uniform", _ten()),
        Work("hot_key", "one window, a card with 20% of the events", "hot", (card_hour,)),
        *(_rows(rows) for rows in (10, 100, 1_000, 10_000)),
    )


def _three(key: Key) -> tuple[Window, ...]:
    return (
        Window("count", key, 10 * MINUTE_MS),
        Window("sum", key, HOUR_MS),
        Window("sum", key, 24 * HOUR_MS),
    )


def _ten() -> tuple[Window, ...]:
    day_count = Window("count", "card_id", 24 * HOUR_MS)
    return (*_three("user_id"), *_three("card_id"), day_count, *_three("device_id"))


def _rows(rows: int) -> Work:
    """One window that holds so many rows of a dense card on average."""
    seconds = round(rows * DENSE_CARDS * STEP_MS / SECOND_MS)
    window = Window("sum", "card_id", seconds * SECOND_MS)
    return Work(f"rows_{rows}", f"one window of {rows:,} rows", "dense", (window,))


def stateless_rule(threshold: int) -> Callable[[Mapping[str, object]], bool]:
    """The stateless rule over a parsed event."""

    def fires(event: Mapping[str, object]) -> bool:
        amount = event["amount_cents"]
        assert isinstance(amount, int)
        return (amount > threshold and event["channel"] == STATELESS_CHANNEL) or event[
            "merchant_id"
        ] == MARKER_MERCHANT

    return fires


def passes(values: Sequence[int], thresholds: Sequence[int]) -> bool:
    """Whether a window's value passes its threshold."""
    return any(value > threshold for value, threshold in zip(values, thresholds, strict=True))
