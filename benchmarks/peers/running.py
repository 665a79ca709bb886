"""What runs while a contender works: its processes, how to ask whether they live, how to end them."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from stack.folder import ROOT

GRACE_S = 15.0


class Running(Protocol):
    """A contender at work."""

    def pids(self) -> Sequence[int]:
        """The processes whose memory counts, with all that they started."""

    def ended(self) -> str | None:
        """Why nothing more will come, None while it works."""

    def stop(self) -> None:
        """End it."""


@dataclass(frozen=True)
class Programs:
    """Programs of a contender, each a process group of its own."""

    processes: Sequence[subprocess.Popen[bytes]]
    logs: Sequence[Path]

    def pids(self) -> Sequence[int]:
        """The processes."""
        return [process.pid for process in self.processes]

    def ended(self) -> str | None:
        """The end of a process's log once all have ended, or once one has failed."""
        codes = [process.poll() for process in self.processes]
        for code, log in zip(codes, self.logs, strict=True):
            if code:
                return f"exit code {code}: {_tail(log)}"
        return "done" if all(code == 0 for code in codes) else None

    def stop(self) -> None:
        """Ask them to end, and kill what is left of their groups."""
        for process in self.processes:
            _signal(process, signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(GRACE_S)
            except subprocess.TimeoutExpired:
                _signal(process, signal.SIGKILL)
                process.wait(GRACE_S)
            _signal(process, signal.SIGKILL)


def start_programs(
    commands: Sequence[Sequence[str]], environments: Sequence[Mapping[str, str]], folder: Path
) -> Programs:
    """Start one process for each command, with its log in the run's folder."""
    processes, logs = [], []
    for number, (command, environment) in enumerate(zip(commands, environments, strict=True)):
        log = folder / f"log-{number}.txt"
        with log.open("wb") as output:
            processes.append(
                subprocess.Popen(
                    command,
                    env={**os.environ, **environment},
                    cwd=ROOT,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            )
        logs.append(log)
    return Programs(processes, logs)


def _signal(process: subprocess.Popen[bytes], sign: signal.Signals) -> None:
    try:
        os.killpg(process.pid, sign)
    except ProcessLookupError:
        return


def _tail(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return f"{' | '.join(lines[-3:]) or 'nothing was said'} (all of it: {log})"
