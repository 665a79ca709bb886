"""Rules go live: a second run of detect_fraud takes over while the first goes on, and ends it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Protocol

from contract.settings import Settings
from rules.fact_history import FactHistory
from rules.facts import Fact
from stack.checkpoints import is_complete
from stack.environment import settings_of
from stack.errors import StackError
from stack.flink_rest import CANCEL_TIMEOUT_S, CHECKPOINT_TIMEOUT_S, RUNNING_TIMEOUT_S
from stack.offsets import TopicReader
from stack.processes import wait_until
from stack.submitted import step_states
from stack.take_over import (
    TakeOver,
    committed_offsets,
    forget_take_over,
    keep_take_over,
    kept_take_over,
    landed_offsets,
)
from stack.up import Tell
from stack.warm_up import WarmingJobs, end_warm_ups, warmed_up
from storage.job_locks import holding
from storage.postgres import connect_batch

DETECT, JUDGING = "detect_fraud", "reconcile_alerts"
SAVEPOINT_TIMEOUT_S = 120
CAUGHT_UP_TIMEOUT_S = 600
COMMITTED_TIMEOUT_S = 120


class Jobs(WarmingJobs, Protocol):
    """The jobs of one stack, with what their runs before have taken in."""

    def held_states(self) -> tuple[str, ...]:
        """The states of the keyed steps that the checkpoints of detect_fraud hold."""

    def note(self, job: str) -> None:
        """Keep what the latest run took in."""


def prepare_take_over(jobs: Jobs, history: FactHistory, facts: Sequence[Fact], tell: Tell) -> TakeOver | None:
    """Return what a run with these facts, too, starts from; None: the newest checkpoint serves.

    A take-over that was begun and fits is gone on with. Windows that the run before has not are filled from
    the lake, where anything has landed; else it is the run before as it is now.

    Args:
        jobs: of the stack.
        history: what is published.
        facts: what is about to be.
        tell: what happens, line by line.

    Raises:
        StackError: the cluster has no room for a second run, or the windows were not filled.
    """
    end_warm_ups(jobs)
    for run in jobs.rest.alive_runs(DETECT)[-1:]:
        jobs.rest.require_slots(DETECT, run)
    settings, begun = settings_of(jobs.settings), kept_take_over(jobs.folder)
    states = step_states(history.followed_by(facts))
    if begun and set(states) <= set(begun.states) and is_complete(begun.checkpoint):
        return begun
    held = jobs.held_states()
    if not set(states) <= set(held):
        emit_from = (begun.emit_from if begun else None) or committed_offsets(settings)
        landed = landed_offsets(settings)
        read_from = {number: min(landed.get(number, 0), offset) for number, offset in emit_from.items()}
        if any(read_from.values()):
            checkpoint = warmed_up(jobs, facts, read_from, tell)
            if begun is None or begun.emit_from is None:
                emit_from = committed_offsets(settings)
            return TakeOver(checkpoint, states, read_from, emit_from)
    alive = jobs.rest.alive_runs(DETECT)
    if not alive:
        return None
    folder = f"{jobs.settings['CHECKPOINT_URI'].rstrip('/')}/take_over"
    savepoint = jobs.rest.savepoint(alive[-1], folder, SAVEPOINT_TIMEOUT_S)
    return TakeOver(savepoint, held) if savepoint else None


def go_live(jobs: Jobs, given: TakeOver, publish: Callable[[], None]) -> str:
    """Publish, start the run that takes over, and end those before once it has caught up.

    Returns:
        what to tell of it.

    Raises:
        StackError: a step does not get to its end; the runs before go on, and the next start takes it up.
    """
    settings = settings_of(jobs.settings)
    keep_take_over(jobs.folder, given)
    publish()
    before = jobs.rest.alive_runs(DETECT)
    with _judging_waits(settings):
        after = _start(jobs, given, before)
        for run in before:
            jobs.rest.cancel(DETECT, run, CANCEL_TIMEOUT_S)
        _wait_until_committed(jobs, after, settings)
    jobs.note(DETECT)
    forget_take_over(jobs.folder)
    jobs.rest.dispose(given.checkpoint, CANCEL_TIMEOUT_S)
    if given.emit_from is None:
        return f"stream job {DETECT} took over with all windows of the run before"
    places = ", ".join(f"{number}:{offset}" for number, offset in given.emit_from.items())
    return f"stream job {DETECT} took over at the offsets {places}, its windows filled from the lake"


@contextmanager
def _judging_waits(settings: Settings) -> Iterator[None]:
    """Two runs commit to one group: until one is left, no run of the batch may go by what it says."""
    if not (settings.postgres_batch_dsn or settings.postgres_dsn):
        yield
        return
    with closing(connect_batch(settings, "tandem-deploy")) as connection, holding(connection, JUDGING):
        yield


def _start(jobs: Jobs, given: TakeOver, before: Sequence[str]) -> str:
    """Start the run and wait until it has caught up; one that does not is cancelled."""
    try:
        jobs.submit(DETECT, ("-s", given.checkpoint, "-n"), given.arguments)
        jobs.rest.wait_until_running(DETECT, RUNNING_TIMEOUT_S)
        started = [run for run in jobs.rest.alive_runs(DETECT) if run not in before]
        if not started:
            raise StackError(
                f"stream job {DETECT} ended just after its start: see the log of the task manager"
            )
        settings = settings_of(jobs.settings)
        with closing(TopicReader(settings)) as reader:
            ends = reader.ends(settings.kafka_topic)
        jobs.rest.wait_until_caught_up(DETECT, started[-1], settings.kafka_topic, ends, CAUGHT_UP_TIMEOUT_S)
    except StackError:
        for run in set(jobs.rest.alive_runs(DETECT)) - set(before):
            jobs.rest.cancel(DETECT, run, CANCEL_TIMEOUT_S)
        raise
    return started[-1]


def _wait_until_committed(jobs: Jobs, run: str, settings: Settings) -> None:
    """Wait until the run has itself decided all that the group says is decided."""
    said = committed_offsets(settings)

    def is_done() -> bool:
        jobs.rest.checkpoint(run, CHECKPOINT_TIMEOUT_S)
        own = jobs.rest.committed(run, settings.kafka_topic)
        return all(own.get(number, 0) >= offset for number, offset in said.items())

    wait_until(is_done, COMMITTED_TIMEOUT_S, f"stream job {DETECT} has not committed what the run before had")
