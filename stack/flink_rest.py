"""What Flink's REST interface tells of the stream jobs, and is asked to do."""

from __future__ import annotations

import json
import time
import urllib.error
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from stack.errors import StackError
from stack.http import send
from stack.processes import pause

PENDING_RECORDS_MAX = 2_000
ALIVE = {"INITIALIZING", "CREATED", "RUNNING", "RESTARTING", "FAILING"}


@dataclass(frozen=True)
class JobRun:
    """One run of a job."""

    id: str
    state: str

    @property
    def alive(self) -> bool:
        """Whether Flink still works on it."""
        return self.state in ALIVE


class FlinkRest:
    """A job manager at an address."""

    def __init__(self, address: str) -> None:
        self._address = address.rstrip("/")

    def latest_run(self, job: str) -> JobRun | None:
        """The run of that job that was started last."""
        jobs = [run for run in self._get("/jobs/overview")["jobs"] if run["name"] == job]
        newest = max(jobs, key=lambda run: int(run["start-time"]), default=None)
        return JobRun(newest["jid"], newest["state"]) if newest else None

    def wait_until_running(self, job: str, timeout_s: float) -> None:
        """Wait until every task of the latest run works.

        Raises:
            StackError: it failed, or did not get there in time; with Flink's reason.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            run = self.latest_run(job)
            if run is not None and run.state == "RUNNING" and self._tasks_run(run.id):
                return
            ended = run is not None and not run.alive
            if ended or time.monotonic() > deadline:
                reason = self._reason(run.id) if run else "it was never submitted"
                state = run.state if run else "unknown"
                raise StackError(f"stream job {job} is {state}, expected RUNNING: {reason}")
            pause(0.2)

    def wait_until_caught_up(self, job: str, run: str, timeout_s: float) -> None:
        """Wait until the sources of a run have next to nothing left to read.

        Raises:
            StackError: it did not get there in time; with what is left.
        """
        deadline = time.monotonic() + timeout_s
        while (left := self._pending_records(run)) is None or left > PENDING_RECORDS_MAX:
            if time.monotonic() > deadline:
                raise StackError(f"stream job {job} has {left} messages left after {timeout_s:.0f} s")
            pause(0.5)

    def _pending_records(self, run: str) -> int | None:
        """How many messages the sources have yet to read; None before they tell."""
        found: list[int] = []
        for vertex in self._get(f"/jobs/{run}")["vertices"]:
            path = f"/jobs/{run}/vertices/{vertex['id']}/subtasks/metrics"
            names = [metric["id"] for metric in self._get(path) if metric["id"].endswith(".pendingRecords")]
            for name in names:
                found += [int(told["sum"]) for told in self._get(f"{path}?get={quote(name)}")]
        return sum(found) if found else None

    def checkpoint(self, run: str, timeout_s: float) -> bool:
        """Make a checkpoint now; False when it did not complete in time."""
        try:
            path = f"/jobs/{run}/checkpoints"
            request = json.loads(send(f"{self._address}{path}", "POST", b"{}"))["request-id"]
            deadline = time.monotonic() + timeout_s
            while time.monotonic() < deadline:
                told = self._get(f"{path}/{request}")
                if told["status"]["id"] == "COMPLETED":
                    return "checkpointId" in told["operation"]
                pause(0.1)
        except urllib.error.HTTPError:
            return False
        return False

    def cancel(self, job: str, run: str, timeout_s: float) -> None:
        """Cancel a run and wait for its end; its checkpoints stay."""
        send(f"{self._address}/jobs/{run}?mode=cancel", "PATCH", b"")
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            state = self._get(f"/jobs/{run}")["state"]
            if state not in ALIVE and state != "CANCELLING":
                return
            pause(0.1)
        raise StackError(f"stream job {job} was not cancelled within {timeout_s:.0f} s")

    def _tasks_run(self, run: str) -> bool:
        vertices = self._get(f"/jobs/{run}")["vertices"]
        return bool(vertices) and all(vertex["status"] == "RUNNING" for vertex in vertices)

    def _reason(self, run: str) -> str:
        history = self._get(f"/jobs/{run}/exceptions")["exceptionHistory"]["entries"]
        if not history:
            return "Flink gives no reason"
        lines = str(history[0]["stacktrace"]).splitlines()
        causes = [line for line in lines if line.startswith("Caused by:")]
        return (causes or lines)[-1].removeprefix("Caused by: ")

    def _get(self, path: str) -> Any:
        return json.loads(send(f"{self._address}{path}"))
