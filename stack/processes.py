"""Engine processes: detached, known by their id and start time, stopped with all that they started."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from stack.errors import StackError
from stack.folder import StackFolder

MARK = "TANDEM_STACK_PROCESS"
ENDING_S_MAX = 10
PF_EXITING = 0x4
"""Linux, include/linux/sched.h."""
LOG_BYTES_MAX = 50 * 1024 * 1024
KEEPER = str(Path(__file__).with_name("keeper.py"))
_LAUNCHER = 'log=$1; shift; "$@" >>"$log" 2>&1 </dev/null & echo $!'


@dataclass(frozen=True)
class Launch:
    """One process to start; one that is kept is started again when it ends by itself."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    is_kept: bool = False


def start(folder: StackFolder, launch: Launch) -> None:
    """Start the process, detached from this one; what a killed start left behind is stopped first."""
    stop(folder, launch.name)
    log = folder.log(launch.name)
    if log.exists() and log.stat().st_size > LOG_BYTES_MAX:
        log.replace(log.with_suffix(".log.1"))
    keeper = (sys.executable, KEEPER) if launch.is_kept else ()
    started = subprocess.run(
        ["/bin/sh", "-c", _LAUNCHER, "sh", str(log), *keeper, *launch.command],
        env={**os.environ, **launch.environment, MARK: _mark(folder, launch.name)},
        cwd=launch.cwd or folder.root,
        start_new_session=True,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    pid = int(started.stdout)
    folder.pid(launch.name).write_text(f"{pid} {_start_time(pid)}\n")


def running(folder: StackFolder, name: str) -> psutil.Process | None:
    """The live process of that name, else None; a recycled id is not mistaken for it.

    One that its keeper is about to start again is waited for.
    """
    try:
        while (started := _started(folder, name)) and KEEPER in started.cmdline():
            if kept := started.children():
                return kept[0]
            pause(0.05)
        return started
    except psutil.NoSuchProcess:
        return None


def _started(folder: StackFolder, name: str) -> psutil.Process | None:
    """What was started under that name: the process, or its keeper."""
    try:
        pid, started = folder.pid(name).read_text().split(maxsplit=1)
        process = psutil.Process(int(pid))
        if process.status() == psutil.STATUS_ZOMBIE or _start_time(process.pid) != started.strip():
            return None
        if _is_ending(process.pid):
            psutil.wait_procs([process], timeout=ENDING_S_MAX)
            return None
        return process
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return None


def _is_ending(pid: int) -> bool:
    """Whether a process was killed and its end is under way, which takes a while with much memory (Linux)."""
    try:
        flags = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[6])
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    lines = (line.split() for line in status.splitlines())
    pending = [int(line[1], 16) for line in lines if line[0] in ("SigPnd:", "ShdPnd:")]
    return bool(flags & PF_EXITING or any(mask >> (signal.SIGKILL - 1) & 1 for mask in pending))


def stop(folder: StackFolder, name: str, sign: signal.Signals = signal.SIGTERM, grace_s: float = 20) -> bool:
    """Stop the process and everything it started; True when something was running."""
    process = _started(folder, name)
    members = list(_marked(folder, name))
    if process is not None:
        members = [process, *process.children(recursive=True), *(m for m in members if m != process)]
        _send(process, sign)
        psutil.wait_procs([process], timeout=grace_s)
    for member in members:
        _send(member, signal.SIGKILL)
    psutil.wait_procs(members, timeout=10)
    folder.pid(name).unlink(missing_ok=True)
    return bool(members)


def _send(process: psutil.Process, sign: signal.Signals) -> None:
    try:
        process.send_signal(sign)
    except psutil.NoSuchProcess:
        return


def _marked(folder: StackFolder, name: str) -> Iterator[psutil.Process]:
    mark = _mark(folder, name)
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == mark and process.status() != psutil.STATUS_ZOMBIE:
                yield process
        except (psutil.Error, OSError):
            continue


def _mark(folder: StackFolder, name: str) -> str:
    return f"{folder.root}:{name}"


def _start_time(pid: int) -> str:
    """The kernel's start time of a process: clock ticks since boot on Linux, seconds elsewhere."""
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[19]
    except (FileNotFoundError, ProcessLookupError):
        return "ended" if Path("/proc/self").exists() else _create_time(pid)


def _create_time(pid: int) -> str:
    try:
        return str(psutil.Process(pid).create_time())
    except psutil.NoSuchProcess:
        return "ended"


def log_tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log, indented."""
    if not log.exists():
        return f"  ({log} is empty)"
    with log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - 8192))
        tail = stream.read().decode(errors="replace").splitlines()[-lines:]
    return "\n".join(f"  {line}" for line in tail)


def find_program(name: str, hint: str) -> str:
    """The path of a program.

    Raises:
        StackError: it is not on the PATH; ``hint`` says how to install it.
    """
    path = shutil.which(name)
    if path is None:
        raise StackError(f"{name} is not on the PATH: {hint}")
    return path


def pause(seconds: float) -> None:
    """Wait between two probes."""
    time.sleep(seconds)


def wait_until(holds: Callable[[], bool], timeout_s: float, problem: str, every_s: float = 0.5) -> None:
    """Probe until it holds.

    Raises:
        StackError: it did not in time; the text is ``problem``.
    """
    deadline = time.monotonic() + timeout_s
    while not holds():
        if time.monotonic() > deadline:
            raise StackError(f"{problem} after {timeout_s:.0f} s")
        pause(every_s)
