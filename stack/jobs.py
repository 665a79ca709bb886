"""The stream jobs: submitted once, resumed from their newest checkpoint, renewed when their code changes."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import time
import urllib.error
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from rules.fact_history import FactHistory
from rules.facts import Fact
from stack.checkpoints import newest_complete_checkpoint
from stack.deployment import go_live
from stack.environment import settings_of
from stack.errors import StackError
from stack.flink import flink_home
from stack.flink_rest import FlinkRest
from stack.folder import JARS, ROOT, STREAM_PYTHON, StackFolder
from stack.offsets import Offsets
from stack.take_over import committed_offsets, take_over
from stack.up import Tell
from storage.catalog_facts import take_in_catalog
from storage.facts import publish_facts, read_facts

DETECT, DELIVER = "detect_fraud", "deliver_alerts"
JOBS = (DETECT, DELIVER)
SOURCES = ("contract", "rules", "flink_jobs", "storage")
SETTINGS_PREFIXES = ("KAFKA_", "MONGO_", "CHECKPOINT_URI")
SUBMIT_TIMEOUT_S = 180
RUNNING_TIMEOUT_S = 120
CHECKPOINT_TIMEOUT_S = 15
STATE_DOES_NOT_FIT = "allowNonRestoredState"


@dataclass(frozen=True)
class StreamJobs:
    """The jobs of one stack, on the Flink cluster that its settings name."""

    folder: StackFolder
    settings: Mapping[str, str]

    @property
    def rest(self) -> FlinkRest:
        """The cluster's job manager."""
        return FlinkRest(self.settings["FLINK_REST_URL"])

    def start(self, tell: Tell, facts: Sequence[Fact] = ()) -> None:
        """Submit the jobs that do not run, and those that run with older code, rules or settings.

        Args:
            tell: what happens, line by line.
            facts: rules to put in force first, before those of the catalog.

        Raises:
            StackError: a job does not get to run.
            FactError, RuleError: a fact or a rule of the catalog is refused; nothing is submitted.
        """
        settings = settings_of(self.settings)
        committed = committed_offsets(settings)
        publish_facts(settings, facts)
        history = take_in_catalog(settings, time.time_ns() // 1_000_000)
        with ThreadPoolExecutor(max_workers=len(JOBS)) as pool:
            detect = pool.submit(self._ensure_detect, history, committed, tell)
            deliver = pool.submit(self._ensure, DELIVER)
            for started in (detect, deliver):
                tell(started.result())

    def stop(self, tell: Tell) -> None:
        """Checkpoint and cancel what runs; the checkpoints stay."""
        for job in JOBS:
            try:
                run = self.rest.latest_run(job)
                if run is not None and run.alive:
                    kept = self.end(job, run.id)
                    tell(f"stream job {job} is stopped, {kept}")
            except (urllib.error.URLError, ConnectionError):
                return

    def states(self) -> dict[str, str]:
        """The state of each job, as Flink calls it."""
        runs = {job: self.rest.latest_run(job) for job in JOBS}
        return {job: run.state if run else "not submitted" for job, run in runs.items()}

    def _ensure_detect(self, history: FactHistory, committed: Offsets, tell: Tell) -> str:
        """As `_ensure`; a run that cannot have the windows of the one before gets them from the lake."""
        if (run := self._current(DETECT)) is not None:
            return run
        fresh = newest_complete_checkpoint(self.checkpoints(DETECT)) is None
        handed_over = take_over(settings_of(self.settings), history, committed, fresh=fresh)
        return go_live(self, handed_over, tell) if handed_over else self._renew(DETECT)

    def _ensure(self, job: str) -> str:
        return self._current(job) or self._renew(job)

    def _current(self, job: str) -> str | None:
        """What to say of a job that runs with all as it is now; None where it does not."""
        alive = self.alive(job)
        if alive is None or self._submitted(job) != {"run": alive, "fingerprint": self._fingerprint(job)}:
            return None
        self.rest.wait_until_running(job, RUNNING_TIMEOUT_S)
        return f"stream job {job} runs"

    def alive(self, job: str) -> str | None:
        """The id of the job's run that Flink works on."""
        run = self.rest.latest_run(job)
        return run.id if run is not None and run.alive else None

    def _renew(self, job: str) -> str:
        if (alive := self.alive(job)) is not None:
            self.end(job, alive)
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
            self.submit(job, "-s", checkpoint)
        except StackError as error:
            if STATE_DOES_NOT_FIT not in str(error):
                raise
            self.submit(job, "-s", checkpoint, "-n")
            return f"resumed from {name} and from its group's offsets: its plan has changed"
        return f"resumed from checkpoint {name}"

    def end(self, job: str, run: str) -> str:
        """Checkpoint and cancel a run; tell what is kept of it."""
        complete = self.rest.checkpoint(run, CHECKPOINT_TIMEOUT_S)
        self.rest.cancel(job, run, CHECKPOINT_TIMEOUT_S)
        return "its state kept in a checkpoint" if complete else "its last checkpoint kept"

    def submit(self, job: str, *resume: str, arguments: Sequence[str] = ()) -> None:
        """Submit a job, with options of `flink run` and arguments of its own.

        Raises:
            StackError: Flink refuses; with its reason and the log.
        """
        log = self.folder.log(f"submit-{job}")
        script = ROOT / "flink_jobs" / f"{job}.py"
        pythons = ("-pyexec", str(STREAM_PYTHON), "-pyclientexec", str(STREAM_PYTHON))
        command = (str(flink_home() / "bin" / "flink"), "run", "-d", *self._target(), *resume)
        with log.open("w") as output:
            done = subprocess.run(
                (*command, *pythons, "-py", str(script), *arguments),
                env={**os.environ, **self.settings, "CHECKPOINT_URI": self.checkpoints(job)},
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=SUBMIT_TIMEOUT_S,
                check=False,
            )
        if done.returncode:
            raise StackError(
                f"stream job {job} was not submitted: {_reason(log.read_text())} (all of it: {log})"
            )

    def _target(self) -> tuple[str, ...]:
        address = urlsplit(self.settings["FLINK_REST_URL"])
        return ("-t", "remote", f"-Drest.address={address.hostname}", f"-Drest.port={address.port or 8081}")

    def checkpoints(self, job: str) -> str:
        """The folder of a job's checkpoints, over all its runs."""
        return f"{self.settings['CHECKPOINT_URI'].rstrip('/')}/{job}"

    def note(self, job: str) -> None:
        """Keep what the latest run took in."""
        run = self.rest.latest_run(job)
        note = {"run": run.id if run else None, "fingerprint": self._fingerprint(job)}
        self._note_path(job).write_text(json.dumps(note))

    def _submitted(self, job: str) -> object:
        path = self._note_path(job)
        return json.loads(path.read_text()) if path.exists() else None

    def _note_path(self, job: str) -> Path:
        return self.folder.root / "run" / f"{job}.json"

    def _fingerprint(self, job: str) -> str:
        """Of all that a running job took in when it was submitted."""
        digest = hashlib.sha256()
        if job == DETECT:
            history = read_facts(settings_of(self.settings))
            for subject in history.subjects("rule"):
                digest.update("".join(stored.fact.fact_id for stored in history.of(subject)).encode())
        for name in sorted(self.settings):
            if name.startswith(SETTINGS_PREFIXES):
                digest.update(f"{name}={self.settings[name]}\n".encode())
        files = (path for source in SOURCES for path in (ROOT / source).rglob("*"))
        taken_in = {".py", ".json", ".yaml", ".sql"}
        for path in sorted([*(p for p in files if p.suffix in taken_in), *JARS.glob("tandem/*.jar")]):
            digest.update(path.read_bytes())
        return digest.hexdigest()


def _reason(log: str) -> str:
    """The line of a submission's log that says why: the last cause before Flink's own account of the end."""
    told = log.partition("org.apache.flink.client.program.ProgramAbortException")[0]
    lines = [line for line in told.splitlines() if line.strip() and not line.startswith(("\tat ", "\t... "))]
    causes = [line.removeprefix("Caused by: ") for line in lines if line.startswith("Caused by: ")]
    return (causes or lines or ["nothing was said"])[-1].strip()
