"""What a contender takes while it works: its memory, and how much of the machine is taken by others.

Seen four times a second. Memory is the resident pages of all its processes; pages that they share count
for each. Processor time that neither the contender nor the broker nor the measuring program used is that
of other programs: on a quiet machine it is next to nothing.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from types import TracebackType

import psutil

INTERVAL_S = 0.25
MEBIBYTE = 1024 * 1024


class Watch:
    """Watches while it is entered.

    ``roots`` are the contender's processes, which count with all that they start; ``beside`` are those
    that serve every contender.
    """

    def __init__(self, roots: Callable[[], Sequence[int]], beside: Iterable[int]) -> None:
        self._roots = roots
        self._beside = [psutil.Process(pid) for pid in (os.getpid(), *beside)]
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._used_s: dict[psutil.Process, float] = {}
        self._began_s = self._others_s = 0.0
        self.peak_bytes = 0
        self.others_share = 0.0

    @property
    def peak_mib(self) -> float:
        """The peak until now."""
        return self.peak_bytes / MEBIBYTE

    def __enter__(self) -> Watch:
        self._look()
        self._began_s, self._others_s = time.monotonic(), self._others()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        there_s = (time.monotonic() - self._began_s) * (os.cpu_count() or 1)
        self.others_share = min(1.0, max(0.0, (self._others() - self._others_s) / there_s))

    def _watch(self) -> None:
        while not self._ended.wait(INTERVAL_S):
            self._look()
        self._look()

    def _look(self) -> None:
        resident_bytes = 0
        for process in _tree(self._roots()):
            try:
                resident_bytes += process.memory_info().rss
                self._used_s[process] = _used_s(process)
            except psutil.NoSuchProcess:
                continue
        self.peak_bytes = max(self.peak_bytes, resident_bytes)

    def _others(self) -> float:
        """Seconds of all processors that others have used, up to a constant."""
        known_s = sum(self._used_s.values()) + sum(map(_used_s, self._beside))
        times = psutil.cpu_times()
        busy_s: float = times.user + times.system + times.nice + times.irq + times.softirq
        return busy_s - known_s


def _tree(roots: Iterable[int]) -> set[psutil.Process]:
    found: set[psutil.Process] = set()
    for pid in roots:
        try:
            root = psutil.Process(pid)
            found |= {root, *root.children(recursive=True)}
        except psutil.NoSuchProcess:
            continue
    return found


def _used_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    used: float = times.user + times.system
    return used
