"""A job on a Flink cluster that was started for it alone."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from stack.errors import StackError
from stack.flink import flink_home
from stack.flink_rest import FlinkRest
from stack.folder import STREAM_PYTHON
from stack.processes import running
from stack.up import Stack

PROCESSES = ("flink-jobmanager", "flink-taskmanager")
SUBMIT_S = 180
RUNNING_S = 120
CANCEL_S = 60


@dataclass(frozen=True)
class FlinkJob:
    """A job that runs; its memory is that of the whole cluster."""

    stack: Stack
    name: str
    address: str

    def pids(self) -> Sequence[int]:
        """Job manager and task manager."""
        found = (running(self.stack.folder, process) for process in PROCESSES)
        return [process.pid for process in found if process is not None]

    def ended(self) -> str | None:
        """Why the job does not run any more."""
        run = FlinkRest(self.address).latest_run(self.name)
        return None if run is not None and run.alive else f"the job {self.name} is {run and run.state}"

    def stop(self) -> None:
        """Cancel the job and stop the cluster."""
        rest = FlinkRest(self.address)
        run = rest.latest_run(self.name)
        if run is not None and run.alive:
            rest.cancel(self.name, run.id, CANCEL_S)
        self.stack.down(("flink",), tell=_silent)


def start_job(stack: Stack, name: str, script: Path, environment: Mapping[str, str], log: Path) -> FlinkJob:
    """Start a cluster, submit a job and wait until all its tasks run.

    Raises:
        StackError: the cluster does not start, or the job does not get to run.
    """
    values = stack.up(("flink",), tell=_silent)
    address = values["FLINK_REST_URL"]
    _submit(script, {**values, **environment}, address, log)
    FlinkRest(address).wait_until_running(name, RUNNING_S)
    return FlinkJob(stack, name, address)


def _submit(script: Path, environment: Mapping[str, str], address: str, log: Path) -> None:
    parts = urlsplit(address)
    imports = f"-Dpython.pythonpath={environment['PYTHONPATH']}"
    target = ("-t", "remote", f"-Drest.address={parts.hostname}", f"-Drest.port={parts.port}", imports)
    pythons = ("-pyexec", str(STREAM_PYTHON), "-pyclientexec", str(STREAM_PYTHON))
    with log.open("wb") as output:
        done = subprocess.run(
            (str(flink_home() / "bin" / "flink"), "run", "-d", *target, *pythons, "-py", str(script)),
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            timeout=SUBMIT_S,
            check=False,
        )
    if done.returncode:
        raise StackError(f"{script.name} was not submitted, exit code {done.returncode}: see {log}")


def _silent(_: str) -> None:
    """Say nothing of the cluster's start and stop: there is one for each run."""
