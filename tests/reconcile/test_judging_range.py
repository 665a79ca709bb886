"""How far a run judges."""

from __future__ import annotations

from spark_jobs.reconciliation.judging_range import LandedRun, Progress, find_judging_range

FIRST = LandedRun("b1", {0: 5, 1: 0}, {0: 100, 1: 50})
SECOND = LandedRun("b2", {0: 100, 1: 50}, {0: 200, 1: 50})


def test_the_first_run_starts_at_the_first_landing() -> None:
    found = find_judging_range(Progress(), [FIRST], {0: 100, 1: 50})
    assert found.ranges == {0: (5, 100), 1: (0, 50)}
    assert found.landed == (FIRST,)


def test_it_ends_at_what_the_stream_has_committed() -> None:
    assert find_judging_range(Progress(), [FIRST], {0: 60}).ranges == {0: (5, 60), 1: (0, 0)}


def test_it_ends_at_what_has_landed() -> None:
    assert find_judging_range(Progress(), [FIRST], {0: 900, 1: 900}).ranges[0] == (5, 100)


def test_the_next_run_goes_on_where_the_last_one_ended() -> None:
    progress = Progress({}, {0: 60, 1: 50})
    found = find_judging_range(progress, [FIRST, SECOND], {0: 150, 1: 50})
    assert found.ranges == {0: (60, 150), 1: (50, 50)}
    assert found.landed == (FIRST, SECOND)
    assert found.judged_offsets == {0: 150, 1: 50}


def test_only_the_landings_of_the_range_are_read() -> None:
    progress = Progress({}, {0: 100, 1: 50})
    assert find_judging_range(progress, [FIRST, SECOND], {0: 200, 1: 50}).landed == (SECOND,)


def test_offsets_that_fell_back_judge_nothing_again() -> None:
    progress = Progress({}, {0: 100, 1: 50})
    assert find_judging_range(progress, [FIRST], {0: 20, 1: 50}).ranges == {0: (100, 100), 1: (50, 50)}


def test_nothing_landed_judges_nothing() -> None:
    assert find_judging_range(Progress(), [], {0: 10}).ranges == {}
