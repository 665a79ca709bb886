"""Runs: one at a time, dead ones recognised, failed ones out of the way."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg2
import pytest

from contract.settings import Settings
from spark_jobs.runs import AlreadyRunningError, Counts, Run, RunError, run
from storage.postgres import Connection, connect, transaction

pytestmark = pytest.mark.engines

JOB = "probe"
JOB_LAND = "land_events"


@pytest.fixture
def open_connection(warehouse: Settings) -> Iterator[Callable[[], Connection]]:
    opened: list[Connection] = []

    def connect_again() -> Connection:
        opened.append(connect(warehouse.batch_dsn))
        return opened[-1]

    yield connect_again
    for connection in opened:
        connection.close()


@contextmanager
def started(connection: Connection, **options: Any) -> Iterator[Run]:
    with run(connection, JOB, **options) as current:
        current.start(source="a", target="b")
        yield current


def succeed(connection: Connection) -> str:
    with started(connection) as current, current.commit() as (_, result):
        result.counts = Counts(rows_written=1)
    return current.batch_id


def runs(connection: Connection) -> list[tuple[Any, ...]]:
    with transaction(connection) as cursor:
        cursor.execute(
            "SELECT batch_id, previous_batch_id, status, error FROM warehouse.batch_runs ORDER BY run_number"
        )
        return cursor.fetchall()


def test_a_second_run_of_a_job_says_which_one_is_going_on(open_connection: Callable[[], Connection]) -> None:
    first, second = open_connection(), open_connection()
    with (
        pytest.raises(RunError, match="without committing"),
        started(first) as current,
        pytest.raises(
            AlreadyRunningError, match=rf"another run of probe is going on \({current.batch_id}, since"
        ),
        run(second, JOB),
    ):
        pass


def test_a_waiting_run_starts_when_the_first_is_done(open_connection: Callable[[], Connection]) -> None:
    first, second = open_connection(), open_connection()
    ended: list[str] = []

    def wait() -> None:
        with started(second, wait=True) as later, later.commit():
            ended.append(later.batch_id)

    with started(first) as current:
        waiting = threading.Thread(target=wait)
        waiting.start()
        time.sleep(0.5)
        assert ended == []
        with current.commit():
            pass
    waiting.join(20)
    assert runs(first)[1][:3] == (ended[0], current.batch_id, "succeeded")


def test_runs_of_other_jobs_do_not_wait(open_connection: Callable[[], Connection]) -> None:
    first, second = open_connection(), open_connection()
    with run(first, JOB), run(second, "another"):
        pass


def test_a_failed_run_says_why_and_the_next_follows_the_last_that_succeeded(
    open_connection: Callable[[], Connection],
) -> None:
    connection = open_connection()
    good = succeed(connection)
    with pytest.raises(ValueError, match="no luck"), started(connection) as failed:
        raise ValueError("no luck\nsecond line")
    with started(connection) as current:
        assert current.dead_batch_ids == (failed.batch_id,)
        with current.commit():
            pass
    assert [row[1:] for row in runs(connection)] == [
        (None, "succeeded", None),
        (good, "failed", "ValueError: no luck"),
        (good, "succeeded", None),
    ]


def test_a_run_that_died_is_recognised_by_its_free_lock(open_connection: Callable[[], Connection]) -> None:
    first, second = open_connection(), open_connection()
    with pytest.raises(psycopg2.InterfaceError), started(first) as dead:  # noqa: PT012
        first.close()
        with dead.commit():
            pass
    with started(second, wait=True) as current:
        assert current.dead_batch_ids == (dead.batch_id,)
        with current.commit():
            pass
    assert runs(second)[0][2:] == ("failed", "the run died: its lock was free while it said running")


def test_a_run_whose_session_was_cut_cannot_commit(
    warehouse: Settings, open_connection: Callable[[], Connection]
) -> None:
    first, second = open_connection(), open_connection()
    with pytest.raises(psycopg2.Error), started(first) as cut:  # noqa: PT012
        with closing(connect(warehouse.batch_dsn)) as another, transaction(another) as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 10000)", (first.info.backend_pid,))
            assert cursor.fetchone() == (True,)
        with started(second) as other, other.commit():
            pass
        with cut.commit():
            pass
    assert [row[2] for row in runs(second)] == ["failed", "succeeded"]


def test_two_runs_cannot_follow_the_same_one(open_connection: Callable[[], Connection]) -> None:
    connection = open_connection()
    succeed(connection)
    with pytest.raises(psycopg2.errors.UniqueViolation), transaction(connection) as cursor:
        cursor.execute(
            "INSERT INTO warehouse.batch_runs "
            "(batch_id, job, source, target, status, finished_at, code_version) "
            "VALUES ('x', %s, 'a', 'b', 'succeeded', now(), 'c')",
            (JOB,),
        )


def test_a_landing_that_does_not_add_up_cannot_succeed(open_connection: Callable[[], Connection]) -> None:
    connection = open_connection()
    with pytest.raises(psycopg2.errors.CheckViolation), run(connection, JOB_LAND) as current:  # noqa: PT012
        current.start(source="a", target="b")
        with current.commit() as (_, result):
            result.counts = Counts(3, 1, 1, 0)
    assert runs(connection)[0][2] == "failed"
