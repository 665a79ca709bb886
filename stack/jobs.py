"""The stream jobs: submitted once, resumed from their newest checkpoint, renewed when their code changes."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import urllib.error
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from stack.checkpoints import newest_complete_checkpoint
from stack.errors import StackError
from stack.flink import flink_home
from stack.flink_rest import FlinkRest
from stack.folder import JARS, ROOT, STREAM_PYTHON, StackFolder
from stack.up import Tell

JOBS = ("detect_fraud", "deliver_alerts")
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
    def _rest(self) -> FlinkRest:
        return FlinkRest(self.settings["FLINK_REST_URL"])

    def start(self, tell: Tell) -> None:
        """Submit the jobs that do not run, and those that run with older code, rules or settings.

        Raises:
            StackError: a job does not get to run.
        """
        with ThreadPoolExecutor(max_workers=len(JOBS)) as pool:
            for told in pool.map(self._ensure, JOBS):
                tell(told)

    def stop(self, tell: Tell) -> None:
        """Checkpoint and cancel what runs; the checkpoints stay."""
        for job in JOBS:
            try:
                run = self._rest.latest_run(job)
                if run is not None and run.alive:
                    kept = self._renewable(job, run.id)
                    tell(f"stream job {job} is stopped, {kept}")
            except (urllib.error.URLError, ConnectionError):
                return

    def states(self) -> dict[str, str]:
        """The state of each job, as Flink calls it."""
        runs = {job: self._rest.latest_run(job) for job in JOBS}
        return {job: run.state if run else "not submitted" for job, run in runs.items()}

    def _ensure(self, job: str) -> str:
        run = self._rest.latest_run(job)
        if run is not None and run.alive:
            if self._submitted(job) == {"run": run.id, "fingerprint": self._fingerprint()}:
                self._rest.wait_until_running(job, RUNNING_TIMEOUT_S)
                return f"stream job {job} runs"
            self._renewable(job, run.id)
        origin = self._resume(job)
        self._rest.wait_until_running(job, RUNNING_TIMEOUT_S)
        self._note(job)
        return f"stream job {job} is {origin}"

    def _resume(self, job: str) -> str:
        checkpoint = newest_complete_checkpoint(self._checkpoints(job))
        if checkpoint is None:
            self._submit(job)
            return "started"
        name = checkpoint.rpartition("/")[2]
        try:
            self._submit(job, "-s", checkpoint)
        except StackError as error:
            if STATE_DOES_NOT_FIT not in str(error):
                raise
            self._submit(job, "-s", checkpoint, "-n")
            return f"resumed from {name} and from its group's offsets: its plan has changed"
        return f"resumed from checkpoint {name}"

    def _renewable(self, job: str, run: str) -> str:
        complete = self._rest.checkpoint(run, CHECKPOINT_TIMEOUT_S)
        self._rest.cancel(job, run, CHECKPOINT_TIMEOUT_S)
        return "its state kept in a checkpoint" if complete else "its last checkpoint kept"

    def _submit(self, job: str, *resume: str) -> None:
        log = self.folder.log(f"submit-{job}")
        script = ROOT / "flink_jobs" / f"{job}.py"
        pythons = ("-pyexec", str(STREAM_PYTHON), "-pyclientexec", str(STREAM_PYTHON))
        command = (str(flink_home() / "bin" / "flink"), "run", "-d", *self._target(), *resume)
        with log.open("w") as output:
            done = subprocess.run(
                (*command, *pythons, "-py", str(script)),
                env={**os.environ, **self.settings, "CHECKPOINT_URI": self._checkpoints(job)},
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

    def _checkpoints(self, job: str) -> str:
        return f"{self.settings['CHECKPOINT_URI'].rstrip('/')}/{job}"

    def _note(self, job: str) -> None:
        run = self._rest.latest_run(job)
        note = {"run": run.id if run else None, "fingerprint": self._fingerprint()}
        self._note_path(job).write_text(json.dumps(note))

    def _submitted(self, job: str) -> object:
        path = self._note_path(job)
        return json.loads(path.read_text()) if path.exists() else None

    def _note_path(self, job: str) -> Path:
        return self.folder.root / "run" / f"{job}.json"

    def _fingerprint(self) -> str:
        """Of all that a running job took in when it was submitted."""
        digest = hashlib.sha256()
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
