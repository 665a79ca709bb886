"""What the recorded starts of the stream prove about a position."""

from __future__ import annotations

from typing import Any

import pytest

from spark_jobs.reconciliation.stream_history import (
    RanRule,
    StreamHistory,
    StreamRunError,
    read_stream_run,
)
from tests.reconcile.literal_rows import position, run

DOCUMENT: dict[str, Any] = {
    "_id": "r1",
    "started_at_ms": 5,
    "start_offsets": {"0": 10, "1": 0},
    "checkpoint": None,
    "rules": [{"id": "risky_application", "version": 1}],
    "rules_version": "x",
    "code_version": "y",
}


def test_the_newest_run_that_read_a_position_is_the_certain_one() -> None:
    first, second, third = run(0), run(100, started_at_ms=1), run(50, started_at_ms=2)
    history = StreamHistory([third, first, second])
    assert history.certain_run(position(120)) is third
    assert history.certain_run(position(60)) is third
    assert history.certain_run(position(49)) is first


def test_no_run_is_certain_before_one_that_started_without_a_checkpoint() -> None:
    history = StreamHistory([run(0), run(100, started_at_ms=1, resumed=False)])
    assert history.certain_run(position(99)) is None
    assert history.certain_run(position(100)) is not None


def test_an_alert_raised_before_that_start_proves_what_lies_before_the_alert() -> None:
    first, second = run(0), run(100, started_at_ms=1, resumed=False)
    history = StreamHistory([first, second], {second.run_id: {0: 70}})
    assert history.certain_run(position(70)) is first
    assert history.certain_run(position(71)) is None
    assert history.certain_run(position(70, partition=1)) is second


def test_a_later_resumed_run_proves_what_lies_before_its_start() -> None:
    first, second = run(0), run(100, started_at_ms=1)
    history = StreamHistory([first, second, run(500, started_at_ms=2, resumed=False)])
    assert history.certain_run(position(99)) is first
    assert history.certain_run(position(200)) is None


def test_a_partition_that_came_later_was_read_from_its_beginning() -> None:
    assert StreamHistory([run(100)]).certain_run(position(0, partition=3)) is not None


def test_nothing_is_certain_without_runs() -> None:
    assert StreamHistory([]).certain_run(position(0)) is None


def test_a_message_of_a_run_is_read() -> None:
    read = read_stream_run(DOCUMENT)
    assert (read.run_id, read.resumed, read.read_from(0), read.read_from(1)) == ("r1", False, 10, 0)
    assert read.rules == {RanRule("risky_application", 1)}


def test_a_run_had_a_version_for_its_event_times_alone() -> None:
    dated = {"id": "risky_application", "version": 2, "from_event_time_ms": 100, "until_event_time_ms": 200}
    read = read_stream_run(DOCUMENT | {"rules": [*DOCUMENT["rules"], dated]})
    assert [read.had(("risky_application", 2), time_ms) for time_ms in (99, 100, 199, 200)] == [
        False,
        True,
        True,
        False,
    ]
    assert read.had(("risky_application", 1), 99)


def test_a_run_that_took_over_left_no_gap_and_its_windows_begin_where_it_read_from() -> None:
    first = read_stream_run(DOCUMENT)
    later = {"_id": "r2", "started_at_ms": 6, "start_offsets": {"0": 50}, "read_from_offsets": {"0": 20}}
    took_over = read_stream_run(DOCUMENT | later)
    history = StreamHistory([first, took_over])
    assert history.certain_run(position(49)) is first
    assert history.certain_run(position(50)) is took_over
    assert history.fresh_starts("card_id") == [{0: 20}, {0: 10, 1: 0}]


@pytest.mark.parametrize("member", ["_id", "started_at_ms", "start_offsets", "checkpoint", "rules"])
def test_a_run_without_a_member_is_refused_by_its_name(member: str) -> None:
    with pytest.raises(StreamRunError, match=member):
        read_stream_run({name: value for name, value in DOCUMENT.items() if name != member})


@pytest.mark.parametrize("change", [{"start_offsets": 3}, {"rules": 3}, {"started_at_ms": "x"}])
def test_a_run_with_a_member_of_another_type_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(StreamRunError, match="expected"):
        read_stream_run(DOCUMENT | change)
