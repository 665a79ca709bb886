"""A long backlog is landed in several runs, none with a message older than one of an earlier run."""

from __future__ import annotations

import random
import time
from bisect import bisect_left
from itertools import pairwise

import pytest

from spark_jobs.portions import first_portion
from spark_jobs.topic_source import OffsetRange
from tests.batch.events import good_events
from tests.batch.platform import Platform

NOW_MS = 10_000


def cut(times: dict[int, list[int]], messages_max: int) -> list[list[int]]:
    """Cut a topic of append times by partition; return the times of each portion."""
    portions = []
    start = dict.fromkeys(times, 0)
    end = {partition: len(held) for partition, held in times.items()}

    def first_offsets(time_ms: int) -> dict[int, int]:
        found = {partition: bisect_left(held, time_ms) for partition, held in times.items()}
        return {partition: offset for partition, offset in found.items() if offset < end[partition]}

    while start != end:
        portion = first_portion(OffsetRange(start, end, {}), first_offsets, NOW_MS, messages_max)
        assert portion.start == start
        assert portion.count > 0
        portions.append(
            [
                time
                for partition, held in times.items()
                for time in held[start[partition] : portion.end[partition]]
            ]
        )
        start = dict(portion.end)
    return portions


@pytest.mark.parametrize("seed", range(20))
def test_portions_are_bounded_and_in_the_order_of_append_times(seed: int) -> None:
    draw = random.Random(seed)
    times = {partition: sorted(draw.choices(range(NOW_MS), k=draw.randrange(60))) for partition in range(4)}
    portions = cut(times, 25)
    assert sum(map(len, portions)) == sum(map(len, times.values()))
    assert all(len(portion) <= 25 for portion in portions)
    assert all(max(earlier) < min(later) for earlier, later in pairwise(portions))


def test_messages_of_one_moment_stay_together_though_they_are_too_many() -> None:
    assert cut({0: [5] * 40, 1: [5, 9]}, 25) == [[5] * 41, [9]]


def test_a_clock_behind_the_broker_holds_nothing_back() -> None:
    assert cut({0: [NOW_MS + 50] * 40}, 25) == [[NOW_MS + 50] * 40]


@pytest.mark.engines
def test_a_backlog_lands_in_several_runs_with_every_message_in_one(batch: Platform) -> None:
    sent = []
    for number in range(3):
        sent += batch.send_events(*good_events(number, 20), partition=number % 2)
        time.sleep(0.01)
    counts = [batch.land(messages_max=25).counts.rows_accepted for _ in range(4)]
    assert counts[-1] is None
    assert sum(count or 0 for count in counts) == len(sent) == 60
    runs = batch.rows(
        "SELECT max(e.append_time), min(e.append_time) FROM warehouse.accepted_events e "
        "JOIN warehouse.batch_runs USING (batch_id) GROUP BY run_number ORDER BY run_number"
    )
    assert len(runs) == 3
    assert all(earlier[0] < later[1] for earlier, later in pairwise(runs))
