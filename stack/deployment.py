"""A start of detect_fraud whose windows are filled from the lake, while the run before goes on."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from stack.checkpoints import newest_complete_checkpoint
from stack.environment import settings_of
from stack.errors import StackError
from stack.flink_rest import FlinkRest
from stack.folder import StackFolder
from stack.take_over import TakeOver
from stack.up import Tell
from stack.warm_up import fill_topic, topic_of_landed_events, wait_until_taken_in

DETECT, WARM_UP = "detect_fraud", "warm_up_features"
RUNNING_TIMEOUT_S = 120
CANCEL_TIMEOUT_S = 15
CAUGHT_UP_TIMEOUT_S = 600


class Jobs(Protocol):
    """The jobs of one stack."""

    @property
    def folder(self) -> StackFolder:
        """Where the stack keeps its logs."""

    @property
    def settings(self) -> Mapping[str, str]:
        """As in the stack's env file."""

    @property
    def rest(self) -> FlinkRest:
        """The cluster's job manager."""

    def alive(self, job: str) -> str | None:
        """The id of the job's run that Flink works on."""

    def submit(self, job: str, *resume: str, arguments: list[str]) -> None:
        """Submit a job."""

    def end(self, job: str, run: str) -> str:
        """Checkpoint and cancel a run."""

    def checkpoints(self, job: str) -> str:
        """The folder of a job's checkpoints."""

    def note(self, job: str) -> None:
        """Keep what the latest run took in."""


def go_live(jobs: Jobs, handed_over: TakeOver, tell: Tell) -> str:
    """Fill the windows, start behind them, and end the run before once the new one has caught up.

    Returns:
        what to tell of it.

    Raises:
        StackError: a step does not get to its end; the run before goes on.
    """
    before = jobs.alive(DETECT)
    checkpoint = _warm_checkpoint(jobs, handed_over, tell)
    offsets = {"--read-from": handed_over.read_from, "--emit-from": handed_over.emit_from}
    arguments = [part for name, value in offsets.items() for part in (name, json.dumps(value))]
    jobs.submit(DETECT, "-s", checkpoint, "-n", arguments=arguments)
    jobs.rest.wait_until_running(DETECT, RUNNING_TIMEOUT_S)
    after = jobs.alive(DETECT)
    if after is None:
        raise StackError(f"stream job {DETECT} has ended just after its start: see its log")
    jobs.rest.wait_until_caught_up(DETECT, after, CAUGHT_UP_TIMEOUT_S)
    if before:
        jobs.end(DETECT, before)
    jobs.note(DETECT)
    places = ", ".join(f"{number}:{offset}" for number, offset in handed_over.emit_from.items())
    return f"stream job {DETECT} took over at the offsets {places}, its windows filled from the lake"


def _warm_checkpoint(jobs: Jobs, handed_over: TakeOver, tell: Tell) -> str:
    """Run the job warm_up_features over the landed events; return the checkpoint that holds them."""
    settings, began = settings_of(jobs.settings), time.monotonic()
    with (
        topic_of_landed_events(settings, len(handed_over.read_from)) as topic,
        ThreadPoolExecutor(max_workers=1) as pool,
    ):
        filled = pool.submit(fill_topic, jobs.folder, jobs.settings, topic, handed_over.read_from)
        try:
            jobs.submit(WARM_UP, arguments=["--topic", topic])
            jobs.rest.wait_until_running(WARM_UP, RUNNING_TIMEOUT_S)
            filled.result()
            wait_until_taken_in(settings, topic, tell, began)
        finally:
            if run := jobs.alive(WARM_UP):
                jobs.rest.cancel(WARM_UP, run, CANCEL_TIMEOUT_S)
    checkpoint = newest_complete_checkpoint(jobs.checkpoints(WARM_UP))
    if checkpoint is None:
        raise StackError(f"stream job {WARM_UP} left no checkpoint in {jobs.checkpoints(WARM_UP)}")
    return checkpoint
