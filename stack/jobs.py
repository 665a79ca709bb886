"""The stream jobs: submitted once, resumed from their newest checkpoint, renewed when their code changes."""

from __future__ import annotations

import time
import urllib.error
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from contract.names import ALERTS_TOPIC, DELIVER_GROUP, DETECT_GROUP
from contract.settings import Settings
from rules.catalog import catalog_folder
from rules.fact_history import FactHistory
from rules.facts import Fact, RuleText
from stack.checkpoints import newest_complete_checkpoint
from stack.deployment import go_live, prepare_take_over
from stack.environment import settings_of
from stack.errors import StackError
from stack.flink_rest import CANCEL_TIMEOUT_S, CHECKPOINT_TIMEOUT_S, RUNNING_TIMEOUT_S, FlinkRest
from stack.folder import StackFolder
from stack.offsets import Offsets, wait_until_consumed
from stack.submission import checkpoints_of, submit_job
from stack.submitted import Submitted, fingerprint, keep_submitted, read_submitted, step_states
from stack.take_over import kept_take_over, recorded_states
from stack.up import Tell
from stack.warm_up import WARM_UP
from storage.catalog_facts import catalog_facts
from storage.fact_mirrors import copy_facts
from storage.facts import publish_facts, read_facts

DETECT, DELIVER = "detect_fraud", "deliver_alerts"
JOBS = (DETECT, DELIVER)
STATE_DOES_NOT_FIT = "allowNonRestoredState"
LEAD_MS = 5_000
"""How long before it holds a change of rules is published, so that the stream has read it by then."""

Wanted = Callable[[FactHistory, int], list[Fact]]
"""From what is published and the present time (milliseconds) to the facts that somebody wants beside it."""


def nothing_more(_: FactHistory, __: int) -> list[Fact]:
    """Only what the catalog says."""
    return []


@dataclass(frozen=True)
class StreamJobs:
    """The jobs of one stack, on the Flink cluster that its settings name."""

    folder: StackFolder
    settings: Mapping[str, str]

    @property
    def rest(self) -> FlinkRest:
        """The cluster's job manager."""
        return FlinkRest(self.settings["FLINK_REST_URL"])

    def start(self, tell: Tell, wanted: Wanted = nothing_more) -> None:
        """Submit the jobs that do not run, and those that run with older code, rules or settings.

        Args:
            tell: what happens, line by line.
            wanted: facts to publish before those of the catalog.

        Raises:
            StackError: a job does not get to run.
            FactError, RuleError: a fact or a rule of the catalog is refused; nothing is submitted.
        """
        with ThreadPoolExecutor(max_workers=len(JOBS)) as pool:
            detect = pool.submit(self._ensure_detect, wanted, tell)
            deliver = pool.submit(self._ensure_deliver)
            for started in (detect, deliver):
                tell(started.result())

    def stop(self, tell: Tell) -> None:
        """Checkpoint and cancel what runs; the checkpoints stay."""
        for job in (*JOBS, WARM_UP):
            try:
                for run in self.rest.alive_runs(job):
                    kept = self._end(job, run)
                    tell(f"stream job {job} is stopped, {kept}")
            except (urllib.error.URLError, ConnectionError):
                return

    def wait_until_decided(self, timeout_s: float) -> None:
        """Wait until detect_fraud has decided all events that are on the topic now, and has committed that.

        Raises:
            StackError: it did not get there in time; with how far it is.
        """
        self._wait_until_committed(DETECT, DETECT_GROUP, self._settings.kafka_topic, timeout_s)

    def wait_until_delivered(self, timeout_s: float) -> None:
        """Wait until deliver_alerts has delivered, and committed, all alerts that are on their topic now.

        Raises:
            StackError: it did not get there in time; with how far it is.
        """
        self._wait_until_committed(DELIVER, DELIVER_GROUP, ALERTS_TOPIC, timeout_s)

    def states(self) -> dict[str, str]:
        """The state of each job, as Flink calls it."""
        runs = {job: self.rest.latest_run(job) for job in JOBS}
        return {job: run.state if run else "not submitted" for job, run in runs.items()}

    def submit(self, job: str, resume: Sequence[str] = (), arguments: Sequence[str] = ()) -> None:
        """Submit a job, with options of ``flink run`` and arguments of its own."""
        submit_job(self.folder, self.settings, job, resume, arguments)

    def checkpoints(self, job: str) -> str:
        """The folder of a job's checkpoints, over all its runs."""
        return checkpoints_of(self.settings, job)

    def held_states(self) -> tuple[str, ...]:
        """The states of the keyed steps that the checkpoints of detect_fraud hold."""
        if newest_complete_checkpoint(self.checkpoints(DETECT)) is None:
            return ()
        submitted = read_submitted(self.folder, DETECT)
        return submitted.states if submitted else recorded_states(self._settings)

    def note(self, job: str) -> None:
        """Keep what the latest run took in."""
        run, history = self.rest.latest_run(job), self._history(job)
        states = step_states(history) if history else ()
        taken_in = fingerprint(self.settings, history)
        keep_submitted(self.folder, job, Submitted(run.id if run else None, taken_in, states))

    def _wait_until_committed(self, job: str, group: str, topic: str, timeout_s: float) -> None:
        def is_kept(ends: Offsets) -> bool:
            return self.rest.keeps(job, topic, ends, CHECKPOINT_TIMEOUT_S)

        wait_until_consumed(self._settings, group, topic, timeout_s, is_kept)

    @property
    def _settings(self) -> Settings:
        return settings_of(self.settings)

    def _history(self, job: str) -> FactHistory | None:
        return read_facts(self._settings) if job == DETECT else None

    def _ensure_detect(self, wanted: Wanted, tell: Tell) -> str:
        """New rules take over from the run before; other code alone goes on from its checkpoint."""
        history = read_facts(self._settings)
        due = self._due(history, wanted)
        fits = set(step_states(history.followed_by(due))) <= set(self.held_states())
        is_changed = any(isinstance(fact.statement, RuleText) for fact in due)
        if not is_changed and kept_take_over(self.folder) is None:
            self._publish(wanted)
            if current := self._current(DETECT):
                return current
            if fits:
                return self._renew(DETECT)
        given = prepare_take_over(self, history, due, tell)
        if given is None:
            self._publish(wanted)
            return self._current(DETECT) or self._renew(DETECT)
        return go_live(self, given, lambda: self._publish(wanted))

    def _ensure_deliver(self) -> str:
        return self._current(DELIVER) or self._renew(DELIVER)

    def _due(self, history: FactHistory, wanted: Wanted) -> list[Fact]:
        now_ms = time.time_ns() // 1_000_000
        asked = wanted(history, now_ms)
        catalog = catalog_folder(self._settings)
        return [*asked, *catalog_facts(catalog, history.followed_by(asked), now_ms, LEAD_MS)]

    def _publish(self, wanted: Wanted) -> None:
        """Publish what is due now, and copy it into the stores."""
        if due := self._due(read_facts(self._settings), wanted):
            publish_facts(self._settings, due)
            copy_facts(self._settings, read_facts(self._settings))

    def _current(self, job: str) -> str | None:
        """What to say of a job that runs with all as it is now; None where it does not."""
        alive, submitted = self._alive(job), read_submitted(self.folder, job)
        if alive is None or submitted is None or submitted.run != alive:
            return None
        if submitted.fingerprint != fingerprint(self.settings, self._history(job)):
            return None
        self.rest.wait_until_running(job, RUNNING_TIMEOUT_S)
        return f"stream job {job} runs"

    def _alive(self, job: str) -> str | None:
        run = self.rest.latest_run(job)
        return run.id if run is not None and run.alive else None

    def _renew(self, job: str) -> str:
        for run in self.rest.alive_runs(job):
            self._end(job, run)
        origin = self._resume(job)
        self.rest.wait_until_running(job, RUNNING_TIMEOUT_S)
        self.note(job)
        return f"stream job {job} is {origin}"

    def _resume(self, job: str) -> str:
        checkpoint = newest_complete_checkpoint(self.checkpoints(job))
        if checkpoint is None:
            self.submit(job)
            return "started"
        name = checkpoint.rpartition("/")[2]
        try:
            self.submit(job, ("-s", checkpoint))
        except StackError as error:
            if STATE_DOES_NOT_FIT not in str(error):
                raise
            self.submit(job, ("-s", checkpoint, "-n"))
            return f"resumed from checkpoint {name} with another plan"
        return f"resumed from checkpoint {name}"

    def _end(self, job: str, run: str) -> str:
        complete = self.rest.checkpoint(run, CHECKPOINT_TIMEOUT_S)
        self.rest.cancel(job, run, CANCEL_TIMEOUT_S)
        return "its state kept in a checkpoint" if complete else "its last checkpoint kept"
