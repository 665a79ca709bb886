"""The stream jobs across a kill of the job manager and a second start."""

from __future__ import annotations

import pytest

from stack.errors import StackError
from stack.flink_rest import FlinkRest
from stack.jobs import JOBS, StreamJobs
from stack.platform import start_platform
from stack.processes import running
from stack.up import Stack
from tests.stack.conftest import MakeStack

pytestmark = [pytest.mark.engines, pytest.mark.faults, pytest.mark.timeout(600)]

SLOTS = 4


def test_after_a_kill_of_the_job_manager_a_start_resumes_every_job_from_a_checkpoint(
    make_stack: MakeStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stack.flink.TASK_SLOTS", SLOTS)
    values = start_platform(make_stack(), tell=_quiet)
    before = _runs(values)
    with pytest.raises(StackError, match=r"detect_fraud needs 2 free slots, and Flink at \S+ has 1: "):
        FlinkRest(values["FLINK_REST_URL"]).require_slots("detect_fraud", before[0])
    assert start_platform(make_stack(), tell=_quiet) == values
    assert _runs(values) == before
    _make_checkpoints(values)
    _kill(make_stack(), "flink-jobmanager")
    told: list[str] = []
    assert start_platform(make_stack(), tell=told.append) == values
    resumed = [line for line in told if "is resumed from checkpoint chk-" in line]
    assert len(resumed) == len(JOBS)
    assert StreamJobs(make_stack().folder, values).states() == dict.fromkeys(JOBS, "RUNNING")
    assert not set(_runs(values)) & set(before)


def _runs(values: dict[str, str]) -> list[str]:
    runs = [FlinkRest(values["FLINK_REST_URL"]).latest_run(job) for job in JOBS]
    return [run.id for run in runs if run]


def _make_checkpoints(values: dict[str, str]) -> None:
    rest = FlinkRest(values["FLINK_REST_URL"])
    assert all(rest.checkpoint(run, 60) for run in _runs(values))


def _kill(stack: Stack, name: str) -> None:
    process = running(stack.folder, name)
    assert process is not None
    process.kill()


def _quiet(_: str) -> None:
    """Says nothing."""
