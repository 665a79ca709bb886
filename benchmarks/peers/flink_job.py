"""A job on a Flink cluster that was started for it alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stack.flink_rest import FlinkRest
from stack.processes import running
from stack.submission import submit_script
from stack.up import Stack

PROCESSES = ("flink-jobmanager", "flink-taskmanager")
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
    submit_script(script, {**values, **environment}, log)
    FlinkRest(address).wait_until_running(name, RUNNING_S)
    return FlinkJob(stack, name, address)


def _silent(_: str) -> None:
    """Say nothing of the cluster's start and stop: there is one for each run."""
