"""The platform of one case: it goes on where it was, so that a case can be taken up again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contract.settings import Settings
from rules.facts import Fact, Statement
from stack.folder import ROOT, stack_folder
from stack.jobs import StreamJobs
from stack.offsets import TopicReader
from stack.platform import remove_platform, settings_of, start_platform, stop_platform
from stack.up import Stack
from storage.facts import publish_facts
from storage.postgres import connect, transaction

CAUGHT_UP_S_MAX = 3_600.0
PRODUCER_POLL_S = 0.2


@dataclass
class Platform:
    """A running stack and what of the case is done."""

    stack: Stack
    jobs: StreamJobs
    values: dict[str, str]
    settings: Settings
    state: dict[str, Any] = field(default_factory=dict)

    @property
    def _state_file(self) -> Path:
        return self.stack.folder.root / "case.json"

    def once(self, step: str, work: Callable[[], None]) -> None:
        """Do a step, unless it is done since the case began."""
        done: dict[str, float] = self.state.setdefault("done", {})
        if step in done:
            print(f"  {step}: done before")
            return
        began = time.monotonic()
        work()
        done[step] = round(time.monotonic() - began, 1)
        self._state_file.write_text(json.dumps(self.state))
        print(f"  {step}: {done[step]:,.1f} s")

    def produce(self, events: int, seed: int, *options: str) -> None:
        """Send generated events with one seed."""
        done = self.producing(events, seed, *options).wait()
        if done:
            raise RuntimeError(f"the producer ended with status {done}")

    def producing(self, events: int, seed: int, *options: str) -> subprocess.Popen[bytes]:
        """Begin to send generated events."""
        command = ("-m", "ingestion", "produce", "--quiet", "--events", str(events), "--seed", str(seed))
        environment = {**os.environ, **self.values}
        return subprocess.Popen((sys.executable, *command, *options), env=environment, cwd=ROOT)

    def messages(self) -> int:
        """How many messages the topic of events has taken in."""
        with closing(TopicReader(self.settings)) as reader:
            return sum(reader.ends(self.settings.kafka_topic).values())

    def wait_for_messages(self, count: int, producer: subprocess.Popen[bytes]) -> None:
        """Wait until the topic has so many, or the producer has ended."""
        while self.messages() < count and producer.poll() is None:
            time.sleep(PRODUCER_POLL_S)

    def judge(self) -> None:
        """Wait for the stream, then land and reconcile; what is unexplained is counted later."""
        self.jobs.wait_until_decided(CAUGHT_UP_S_MAX)
        self._submit("land_events", {0})
        self._submit("reconcile_alerts", {0, 1})

    def say(self, fact_id: str, statement: Statement, from_ms: int) -> None:
        """Publish a fact that holds from an event time on."""
        now_ms = time.time_ns() // 1_000_000
        publish_facts(self.settings, [Fact(fact_id, statement, from_ms, None, "benchmark", now_ms)])

    def restart(self) -> None:
        """Stop the stream jobs and start them from their checkpoints."""
        self.jobs.stop(print)
        self.jobs.start(print)

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Query the warehouse."""
        dsn = self.settings.require("postgres_dsn")
        with closing(connect(dsn)) as connection, transaction(connection) as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())

    def _submit(self, job: str, expected: set[int]) -> None:
        submit = str(Path(sys.executable).with_name("spark-submit"))
        environment = {**os.environ, **self.values}
        command = (submit, f"spark_jobs/{job}.py")
        done = subprocess.run(command, env=environment, cwd=ROOT, check=False).returncode
        if done not in expected:
            raise RuntimeError(f"{job} ended with status {done}")


@contextmanager
def platform(folder: Path, *, keep: bool) -> Iterator[Platform]:
    """A platform in a folder, stopped at the end; gone then, unless it is kept or the case did not end."""
    folder.mkdir(parents=True, exist_ok=True)
    stack = Stack(stack_folder(folder))
    file = stack.folder.root / "case.json"
    state = json.loads(file.read_text()) if file.exists() else {}
    try:
        values = start_platform(stack, _quiet)
        yield Platform(stack, StreamJobs(stack.folder, values), values, settings_of(values), state)
    except BaseException:
        stop_platform(stack, _quiet)
        raise
    if keep:
        stop_platform(stack, _quiet)
    else:
        file.unlink(missing_ok=True)
        remove_platform(stack, _quiet)


def _quiet(_: str) -> None:
    """Say nothing of what the stack does."""
