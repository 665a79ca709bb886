"""A takeover that was begun is gone on with, and what it starts from is told to the job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest

from rules.fact_history import FactHistory
from rules.facts import Fact, RuleText
from stack.deployment import Jobs, prepare_take_over
from stack.folder import StackFolder, stack_folder
from stack.submitted import step_states
from stack.take_over import TakeOver, forget_take_over, keep_take_over, kept_take_over

TEXT = """
id: burst
version: 1
on: transaction
features:
  uses: COUNT(*) BY card_id OVER 1 HOUR
when: uses > 5
severity: low
message: Burst
"""
FACTS = [Fact("f", RuleText("burst", 1, TEXT), 0, None, "ana", 0)]


@dataclass
class Rest:
    """A job manager of one run, which writes savepoints."""

    asked: list[str]
    left_behind: list[str]

    def alive_runs(self, job: str) -> list[str]:
        return ["run-1"] if job == "detect_fraud" else list(self.left_behind)

    def cancel(self, job: str, run: str, timeout_s: float) -> None:
        assert job == "warm_up_features"
        self.left_behind.remove(run)

    def require_slots(self, job: str, run: str) -> None:
        assert (job, run) == ("detect_fraud", "run-1")
        assert not self.left_behind, "a warm-up that was left behind holds slots"

    def savepoint(self, run: str, folder: str, timeout_s: float) -> str:
        self.asked.append(run)
        return f"{folder}/savepoint-1"


class StackOfOneRun:
    """A stack whose run holds no windows, and whose lake is empty."""

    def __init__(self, folder: StackFolder, held: Sequence[str]) -> None:
        self.folder = folder
        self.settings = {"CHECKPOINT_URI": (folder.root / "checkpoints").as_uri()}
        self.rest = Rest([], ["warm-up-1"])
        self._held = tuple(held)

    def held_states(self) -> tuple[str, ...]:
        return self._held


@pytest.fixture
def folder(tmp_path: Path) -> StackFolder:
    return stack_folder(tmp_path)


def _prepare(folder: StackFolder, held: Sequence[str]) -> tuple[TakeOver | None, list[str]]:
    jobs = StackOfOneRun(folder, held)
    given = prepare_take_over(cast(Jobs, jobs), FactHistory(()), FACTS, print)
    return given, jobs.rest.asked


def test_what_was_begun_is_remembered_until_it_is_done(folder: StackFolder) -> None:
    given = TakeOver("file:///c", ("a", "b"), {0: 5, 1: 0}, {0: 7, 1: 2})
    assert kept_take_over(folder) is None
    keep_take_over(folder, given)
    assert kept_take_over(folder) == given
    forget_take_over(folder)
    assert kept_take_over(folder) is None


def test_the_job_is_told_where_to_read_and_from_where_to_alert() -> None:
    given = TakeOver("file:///c", (), {0: 5}, {0: 7})
    assert given.arguments == ["--read-from", '{"0": 5}', "--emit-from", '{"0": 7}']
    assert TakeOver("file:///c", ()).arguments == []


def test_windows_that_are_held_are_handed_over_by_a_savepoint(folder: StackFolder) -> None:
    states = step_states(FactHistory(()).followed_by(FACTS))
    given, asked = _prepare(folder, states)
    assert given == TakeOver(f"{(folder.root / 'checkpoints').as_uri()}/take_over/savepoint-1", states)
    assert asked == ["run-1"]


def test_a_takeover_that_was_begun_and_fits_is_gone_on_with(folder: StackFolder) -> None:
    states = step_states(FactHistory(()).followed_by(FACTS))
    checkpoint = folder.root / "chk-1"
    begun = TakeOver(checkpoint.as_uri(), states, {0: 5}, {0: 7})
    keep_take_over(folder, begun)
    assert _prepare(folder, states)[1] == ["run-1"], "its checkpoint is gone"
    checkpoint.mkdir()
    (checkpoint / "_metadata").write_bytes(b"m")
    assert _prepare(folder, states) == (begun, [])
    keep_take_over(folder, TakeOver(checkpoint.as_uri(), ("other",), {0: 5}, {0: 7}))
    assert _prepare(folder, states)[1] == ["run-1"], "it has not the windows"
