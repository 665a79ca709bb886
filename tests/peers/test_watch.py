"""Memory and processor time of a contender, beside those of others."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import SimpleNamespace

import psutil
import pytest

from benchmarks.peers.watch import Watch

HELD_MIB = 100
BUSY = f"held = bytearray({HELD_MIB} << 20)\nwhile True: pass"
STARTS_IT = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {BUSY!r}])"
BEGIN_S_MAX = 30.0
CONTENDER_S = 1.2


@contextmanager
def program(text: str) -> Iterator[int]:
    with subprocess.Popen([sys.executable, "-c", text], start_new_session=True) as process:
        try:
            yield process.pid
        finally:
            os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.parametrize("text", [BUSY, STARTS_IT], ids=["itself", "by what it starts"])
def test_the_memory_that_a_contender_takes_is_seen(text: str) -> None:
    with program(text) as pid, Watch(lambda: [pid], []) as watch:
        deadline = time.monotonic() + BEGIN_S_MAX
        while watch.peak_mib < HELD_MIB and time.monotonic() < deadline:
            time.sleep(0.1)
    assert HELD_MIB < watch.peak_mib < 2 * HELD_MIB


def test_a_contenders_processor_time_is_not_that_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    with program(BUSY) as pid:
        used_before_s = sum(psutil.Process(pid).cpu_times()[:2])
        as_contender_s = _others_s(monkeypatch, [pid])
        used_s = sum(psutil.Process(pid).cpu_times()[:2]) - used_before_s
        as_other_s = _others_s(monkeypatch, [])
    assert used_s > 0.1
    assert as_other_s > 1.5
    assert as_contender_s < as_other_s - used_s / 2


def _others_s(monkeypatch: pytest.MonkeyPatch, contender: Sequence[int]) -> float:
    """Seconds of others' processor time, on a machine that was busy for two seconds meanwhile."""
    busy = (SimpleNamespace(user=seconds, system=0, nice=0, irq=0, softirq=0) for seconds in (0, 2))
    monkeypatch.setattr("psutil.cpu_times", lambda: next(busy))
    began_s = time.monotonic()
    with Watch(lambda: contender, []) as watch:
        time.sleep(CONTENDER_S)
    return watch.others_share * (time.monotonic() - began_s) * (os.cpu_count() or 1)
