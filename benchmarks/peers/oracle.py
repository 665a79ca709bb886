"""The alerts that every contender must give, by sorting and counting: no row is ever taken in or let go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from benchmarks.peers.events import CHANNELS, Bools, Events, Ints
from benchmarks.peers.work import STATELESS_CHANNEL, Window, Work

ALERT_SHARE = 0.002
STATELESS = "amount_cents"


@dataclass(frozen=True)
class Expected:
    """What a work must give over a whole data set: thresholds by the window's name, and who fires."""

    thresholds: Mapping[str, int]
    fires: Bools

    def among_first(self, count: int) -> set[int]:
        """The events that fire among the first ones; a window never looks ahead."""
        return set(np.flatnonzero(self.fires[:count]).tolist())


def expect(work: Work, events: Events) -> Expected:
    """Set thresholds so that about one event in 500 passes one of them, and say which do."""
    if not work.windows:
        threshold = _threshold(events.amount_cents, 3 * ALERT_SHARE)
        on_the_web = events.channel == CHANNELS.index(STATELESS_CHANNEL)
        return Expected(
            {STATELESS: threshold}, ((events.amount_cents > threshold) & on_the_web) | events.marker
        )
    fires, thresholds = events.marker.copy(), {}
    for window in work.windows:
        values = window_values(window, events)
        thresholds[window.name] = _threshold(values, ALERT_SHARE / len(work.windows))
        fires |= values > thresholds[window.name]
    return Expected(thresholds, fires)


def window_values(window: Window, events: Events) -> Ints:
    """The window's value at each event: the key's events from ``time - window`` to ``time``."""
    key = events.key(window.key)
    order = np.argsort(key, kind="stable")
    since_ms = events.time_ms[order] - events.time_ms[0] + window.window_ms
    span_ms = int(events.time_ms[-1] - events.time_ms[0])
    place = key[order] * (2 * span_ms + 2 * window.window_ms) + since_ms
    first = np.searchsorted(place, place - window.window_ms, side="left")
    rows = np.arange(1, len(place) + 1)
    values = np.empty(len(place), np.int64)
    if window.function == "count":
        values[order] = rows - first
    else:
        sums = np.concatenate([[0], np.cumsum(events.amount_cents[order])])
        values[order] = sums[rows] - sums[first]
    return values


def _threshold(values: Ints, share: float) -> int:
    return int(np.quantile(values, 1 - share))
