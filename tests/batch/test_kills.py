"""A run that is killed at any point and repeated leaves the rows of a run that was not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from storage.postgres import connect, transaction
from tests.batch.events import good_events, poison
from tests.batch.oracle import Oracle
from tests.batch.platform import Platform, environment_of
from tests.batch.test_landing import LEDGER, QUARANTINE, assert_lake_holds
from tests.batch.test_scoring import assert_equal_to

pytestmark = [pytest.mark.engines, pytest.mark.faults]

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def score_process(platform: Platform) -> Iterator[subprocess.Popen[str]]:
    """A run of ``score_risk.py`` of its own; at the end it is killed, with its JVM, without a word."""
    process = subprocess.Popen(
        [sys.executable, "-u", "spark_jobs/score_risk.py"],
        cwd=ROOT,
        env=environment_of(platform.settings, os.environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=30)


def wait_for_line(process: subprocess.Popen[str], text: str) -> None:
    assert process.stdout
    for line in process.stdout:
        if text in line:
            return
    raise AssertionError(f"the run ended before it said {text!r}")


@contextmanager
def blocked(platform: Platform, table: str) -> Iterator[Callable[[], None]]:
    """Keep everybody from writing to a table; give a function that waits until somebody wants to."""
    with closing(connect(platform.settings.require("postgres_dsn"))) as owner:
        with owner.cursor() as cursor:
            cursor.execute(f"LOCK TABLE warehouse.{table} IN SHARE MODE")

        def wait_for_writer() -> None:
            with closing(connect(platform.settings.require("postgres_dsn"))) as watching:
                for _ in range(1800):
                    with transaction(watching) as cursor:
                        cursor.execute(
                            "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'relation'"
                        )
                        if cursor.fetchall() != [(0,)]:
                            return
                    time.sleep(0.1)
            raise AssertionError(f"nobody wanted to write to {table}")

        yield wait_for_writer


@pytest.mark.timeout(600)
def test_killed_while_reading_before_each_commit_and_between_land_and_score(batch: Platform) -> None:
    oracle = Oracle()
    messages = [(json.dumps(event).encode(), None) for event in good_events(21, 150)]
    oracle.land(batch.send([*messages, *messages[:20], *poison()]))
    with score_process(batch) as process:
        wait_for_line(process, "new messages on topic")
    with blocked(batch, "accepted_events") as wait_for_writer, score_process(batch) as process:
        wait_for_line(process, "written to the lake")
        wait_for_writer()
    assert batch.rows(LEDGER) == []
    with blocked(batch, "processed_transactions") as wait_for_writer, score_process(batch):
        wait_for_writer()
    assert batch.rows("SELECT count(*) FROM warehouse.credit_scores") == [(0,)]
    assert batch.land().batch_id is None
    batch.score()

    assert_equal_to(batch, oracle)
    assert len(batch.rows(LEDGER)) == len(oracle.accepted)
    assert {row[:3]: row[3] for row in batch.rows(QUARANTINE)} == oracle.quarantined
    assert_lake_holds(batch, oracle)
    statuses = batch.rows("SELECT job, status FROM warehouse.batch_runs ORDER BY run_number")
    assert statuses.count(("land_events", "succeeded")) == statuses.count(("score_risk", "succeeded")) == 1
    assert batch.rows("SELECT count(*) FROM pg_tables WHERE schemaname = 'staging'") == [(0,)]
    lake = Path(batch.settings.require("lake_uri"))
    assert len(list((lake / "events").iterdir())) == 1
