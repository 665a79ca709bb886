from __future__ import annotations

from itertools import pairwise

import pytest

from ingestion.messages import Message
from ingestion.pace import Pace

MESSAGES = [Message(b"k", b"v", "transaction", str(number)) for number in range(1_000)]


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds


def test_messages_are_spread_evenly_over_time() -> None:
    clock = Clock()
    pace = Pace(200.0, clock)
    handed = [(clock.now, len(part)) for part in pace.slices(MESSAGES, clock.wait)]
    assert sum(count for _, count in handed) == 1_000
    assert handed[-1][0] - 100.0 == pytest.approx(5, abs=0.05)
    assert max(later - earlier for (earlier, _), (later, _) in pairwise(handed)) < 0.02


def test_a_pause_is_not_made_up_for_in_a_burst() -> None:
    clock = Clock()
    pace = Pace(1_000.0, clock)
    list(pace.slices(MESSAGES[:500], clock.wait))
    clock.now += 60
    before = clock.now
    list(pace.slices(MESSAGES[500:], clock.wait))
    assert clock.now - before > 0.2


def test_without_a_rate_nothing_waits() -> None:
    clock = Clock()
    assert list(Pace(None, clock).slices(MESSAGES, clock.wait)) == [MESSAGES]
    assert clock.now == 100.0


def test_a_stopped_pace_hands_over_no_more() -> None:
    clock = Clock()
    pace = Pace(100.0, clock)
    slices = pace.slices(MESSAGES, clock.wait)
    next(slices)
    pace.stop()
    assert list(slices) == []
