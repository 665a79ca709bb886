"""What Flink's REST interface tells of the stream jobs, and is asked to do."""

from __future__ import annotations

import json
import time
import urllib.error
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from stack.errors import StackError
from stack.http import send
from stack.processes import pause

RUNNING_TIMEOUT_S = 240
STARTS_TASK_MANAGERS = {"kubernetes.cluster-id", "yarn.application.id"}
"""Options of clusters that start a task manager where a job finds no slot."""
CANCEL_TIMEOUT_S = 15
CHECKPOINT_TIMEOUT_S = 15
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

    def alive_runs(self, job: str) -> list[str]:
        """The ids of all runs of that job that Flink works on, the one started last at the end."""
        runs = [run for run in self._get("/jobs/overview")["jobs"] if run["name"] == job]
        runs.sort(key=lambda run: int(run["start-time"]))
        return [run["jid"] for run in runs if run["state"] in ALIVE]

    def require_slots(self, job: str, run: str) -> None:
        """See that a second run of a job finds slots beside one that goes on.

        Raises:
            StackError: fewer are free than the run has; with what to change.
        """
        if STARTS_TASK_MANAGERS & {option["key"] for option in self._get("/jobmanager/config")}:
            return
        free = int(self._get("/overview")["slots-available"])
        needed = max(int(vertex["parallelism"]) for vertex in self._get(f"/jobs/{run}")["vertices"])
        if free < needed:
            raise StackError(
                f"a second run of {job} needs {needed} free slots, and Flink at {self._address} has {free}: "
                "start another task manager, or raise taskmanager.numberOfTaskSlots; nothing was changed"
            )

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

    def wait_until_caught_up(
        self, job: str, run: str, topic: str, ends: Mapping[int, int], timeout_s: float
    ) -> None:
        """Wait until a run has next to nothing left to read of a topic that ended at ``ends``.

        Sources that have had no message yet do not tell what is left: then what the run has committed counts.

        Raises:
            StackError: it did not get there in time; with what is left.
        """
        deadline = time.monotonic() + timeout_s
        while (left := self._left(run, topic, ends)) > PENDING_RECORDS_MAX:
            if time.monotonic() > deadline:
                raise StackError(f"stream job {job} has {left} messages left after {timeout_s:.0f} s")
            pause(0.5)

    def _left(self, run: str, topic: str, ends: Mapping[int, int]) -> int:
        if (told := self._pending_records(run)) is not None:
            return told
        own = self.committed(run, topic)
        return sum(end - own.get(number, 0) for number, end in ends.items())

    def committed(self, run: str, topic: str) -> dict[int, int]:
        """Partition -> the offset that this run itself has committed; absent before its first commit."""
        return self._offsets(run, topic, "committedOffset")

    def _offsets(self, run: str, topic: str, which: str) -> dict[int, int]:
        """Partition -> a metric of that name; a topic's dots are underscores in the names of metrics."""
        told = self._source_metrics(run, f".KafkaSourceReader.topic.{topic.replace('.', '_')}.partition.")
        offsets = {name: int(value["max"]) for name, value in told.items() if name.endswith(f".{which}")}
        return {int(name.split(".")[-2]): offset for name, offset in offsets.items() if offset >= 0}

    def _pending_records(self, run: str) -> int | None:
        """How many messages the sources have yet to read; None before they tell."""
        told = self._source_metrics(run, ".pendingRecords")
        return sum(int(value["sum"]) for value in told.values()) if told else None

    def _source_metrics(self, run: str, part: str) -> dict[str, Any]:
        """Metrics of a run's tasks whose names hold ``part``, with min, max and sum over the subtasks."""
        found: dict[str, Any] = {}
        for vertex in self._get(f"/jobs/{run}")["vertices"]:
            path = f"/jobs/{run}/vertices/{vertex['id']}/subtasks/metrics"
            names = [metric["id"] for metric in self._get(path) if part in metric["id"]]
            if names:
                told = self._get(f"{path}?get={','.join(map(quote, names))}")
                found |= {metric["id"]: metric for metric in told}
        return found

    def keeps(self, job: str, topic: str, ends: Mapping[int, int], timeout_s: float) -> bool:
        """Make a checkpoint if the latest run has read a topic up to ``ends``; whether it holds all that.

        A job manager that does not answer now makes none; who waits for it asks again.
        """
        with suppress(OSError):
            run = self.latest_run(job)
            if run and run.state == "RUNNING" and self._has_read(run.id, topic, ends):
                return self.checkpoint(run.id, timeout_s)
        return False

    def _has_read(self, run: str, topic: str, ends: Mapping[int, int]) -> bool:
        last = self._offsets(run, topic, "currentOffset")
        return all(last.get(number, -1) >= end - 1 for number, end in ends.items())

    def checkpoint(self, run: str, timeout_s: float) -> bool:
        """Make a checkpoint now; False when it did not complete in time."""
        operation = self._wait_for(f"/jobs/{run}/checkpoints", {}, timeout_s)
        return operation is not None and "checkpointId" in operation

    def savepoint(self, run: str, folder: str, timeout_s: float) -> str | None:
        """Write the state of a run, which goes on, into a new folder; None when that did not complete."""
        request = {"target-directory": folder, "cancel-job": False, "formatType": "NATIVE"}
        operation = self._wait_for(f"/jobs/{run}/savepoints", request, timeout_s)
        return operation.get("location") if operation else None

    def dispose(self, savepoint: str, timeout_s: float) -> None:
        """Delete a savepoint."""
        self._wait_for("/savepoint-disposal", {"savepoint-path": savepoint}, timeout_s)

    def _wait_for(self, path: str, request: dict[str, Any], timeout_s: float) -> dict[str, Any] | None:
        """Ask for something that takes a while; its outcome, None when it is refused or late."""
        try:
            answer = send(f"{self._address}{path}", "POST", json.dumps(request).encode())
            trigger = json.loads(answer)["request-id"]
            deadline = time.monotonic() + timeout_s
            while time.monotonic() < deadline:
                told = self._get(f"{path}/{trigger}")
                if told["status"]["id"] == "COMPLETED":
                    return dict(told.get("operation") or {})
                pause(0.1)
        except urllib.error.HTTPError:
            return None
        return None

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
            return self._standstill(run)
        lines = str(history[0]["stacktrace"]).splitlines()
        causes = [line for line in lines if line.startswith("Caused by:")]
        return (causes or lines)[-1].removeprefix("Caused by: ")

    def _standstill(self, run: str) -> str:
        """How far a run is that has not failed."""
        vertices = self._get(f"/jobs/{run}")["vertices"]
        waiting = Counter(vertex["status"] for vertex in vertices if vertex["status"] != "RUNNING")
        tasks = ", ".join(f"{count} {status}" for status, count in sorted(waiting.items()))
        cluster = self._get("/overview")
        return (
            f"of its {len(vertices)} tasks {tasks or 'none'}; Flink at {self._address} has "
            f"{cluster['taskmanagers']} task managers and {cluster['slots-available']} free slots"
        )

    def _get(self, path: str) -> Any:
        return json.loads(send(f"{self._address}{path}"))
