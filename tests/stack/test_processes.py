from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import replace

import psutil
import pytest

from stack.errors import StackError
from stack.folder import StackFolder
from stack.processes import Launch, running, start, stop
from stack.readiness import wait_until_answers

SLEEP = Launch("sleeper", ("sleep", "600"))
BROKEN = Launch("broken", (sys.executable, "-c", "print('no space left'); raise SystemExit(1)"))
PARENT = Launch("sleeper", ("/bin/sh", "-c", "sleep 600 & sleep 600; true"))


def test_a_started_process_is_found_by_another_run_and_stopped(folder: StackFolder) -> None:
    start(folder, SLEEP)
    process = running(folder, "sleeper")
    assert process is not None
    assert stop(folder, "sleeper")
    assert running(folder, "sleeper") is None
    assert not stop(folder, "sleeper")


def test_a_recycled_process_id_is_not_mistaken_for_the_engine(folder: StackFolder) -> None:
    folder.pid("sleeper").write_text(f"{os.getpid()} 12345\n")
    assert running(folder, "sleeper") is None
    stop(folder, "sleeper")
    assert psutil.pid_exists(os.getpid())


def test_a_process_that_a_killed_start_left_without_a_pid_file_is_stopped_by_the_next(
    folder: StackFolder,
) -> None:
    start(folder, SLEEP)
    orphan = running(folder, "sleeper")
    assert orphan is not None
    folder.pid("sleeper").unlink()
    start(folder, SLEEP)
    assert not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE
    stop(folder, "sleeper")


def test_what_the_process_started_is_stopped_with_it_even_after_a_kill(folder: StackFolder) -> None:
    start(folder, PARENT)
    parent = running(folder, "sleeper")
    assert parent is not None
    children = _children(parent)
    os.kill(parent.pid, signal.SIGKILL)
    assert stop(folder, "sleeper")
    assert all(not child.is_running() or child.status() == psutil.STATUS_ZOMBIE for child in children)


@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux tells, in /proc, that a killed process is still ending"
)
def test_a_killed_process_does_not_run_although_its_end_takes_a_while(folder: StackFolder) -> None:
    hold = "import sys, time; held = bytearray(b'x') * (1 << 29); print('ready', flush=True); time.sleep(600)"
    start(folder, Launch("holder", (sys.executable, "-c", hold)))
    while "ready" not in folder.log("holder").read_text():
        time.sleep(0.05)
    holder = running(folder, "holder")
    assert holder is not None
    holder.kill()
    assert running(folder, "holder") is None
    assert not holder.is_running() or holder.status() == psutil.STATUS_ZOMBIE


def test_another_stacks_process_of_the_same_name_stays(
    folder: StackFolder, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = StackFolder(tmp_path_factory.mktemp("other"))
    for part in ("logs", "run"):
        (other.root / part).mkdir()
    start(other, SLEEP)
    start(folder, SLEEP)
    stop(folder, "sleeper")
    assert running(other, "sleeper") is not None
    stop(other, "sleeper")


def test_an_engine_that_ends_while_starting_is_told_with_the_end_of_its_log(folder: StackFolder) -> None:
    start(folder, BROKEN)
    with pytest.raises(StackError, match=r"Broken ended while starting.*\n.*no space left"):
        wait_until_answers(folder, "Broken", ("broken",), _never, timeout_s=10)


def test_a_kept_process_that_cannot_start_is_not_tried_again(folder: StackFolder) -> None:
    start(folder, replace(BROKEN, is_kept=True))
    with pytest.raises(StackError, match=r"Broken ended while starting.*\n.*no space left"):
        wait_until_answers(folder, "Broken", ("broken",), _never, timeout_s=30)


def test_a_keeper_that_is_told_to_end_ends_what_it_keeps(folder: StackFolder) -> None:
    start(folder, replace(SLEEP, is_kept=True))
    kept = _kept(folder)
    assert kept.cmdline() == list(SLEEP.command)
    keeper = kept.parent()
    assert keeper is not None
    keeper.terminate()
    gone, alive = psutil.wait_procs([keeper, kept], timeout=10)
    assert len(gone) == 2
    assert not alive
    assert running(folder, "sleeper") is None
    assert not stop(folder, "sleeper")


def test_an_engine_that_does_not_answer_is_told_with_what_was_tried_and_its_log(folder: StackFolder) -> None:
    start(folder, Launch("mute", (sys.executable, "-uc", "import time; print('thinking'); time.sleep(600)")))
    with pytest.raises(
        StackError, match=r"did not answer within 1 s \(ConnectionError: refused\)(.|\n)*thinking"
    ):
        wait_until_answers(folder, "Mute", ("mute",), _never, timeout_s=1)
    stop(folder, "mute")


def _never() -> str:
    raise ConnectionError("refused")


def _kept(folder: StackFolder) -> psutil.Process:
    deadline = time.monotonic() + 10
    while (kept := running(folder, "sleeper")) is None or kept.cmdline()[:1] != ["sleep"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return kept


def _children(parent: psutil.Process) -> list[psutil.Process]:
    deadline = time.monotonic() + 10
    while len(parent.children()) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    return parent.children()
