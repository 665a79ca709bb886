"""The peak memory of a contender: resident pages of all its processes, seen four times a second."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from types import TracebackType

import psutil

INTERVAL_S = 0.25
MEBIBYTE = 1024 * 1024


def resident_bytes(roots: Sequence[int]) -> int:
    """Resident bytes of some processes and of all that they started; pages they share count for each."""
    processes: set[psutil.Process] = set()
    for pid in roots:
        try:
            root = psutil.Process(pid)
            processes |= {root, *root.children(recursive=True)}
        except psutil.NoSuchProcess:
            continue
    return sum(_resident(process) for process in processes)


def _resident(process: psutil.Process) -> int:
    try:
        resident: int = process.memory_info().rss
    except psutil.NoSuchProcess:
        return 0
    return resident


class PeakMemory:
    """Watches while it is entered."""

    def __init__(self, roots: Callable[[], Sequence[int]]) -> None:
        self._roots = roots
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.peak_bytes = 0

    @property
    def peak_mib(self) -> float:
        """The peak until now."""
        return self.peak_bytes / MEBIBYTE

    def __enter__(self) -> PeakMemory:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while True:
            self.peak_bytes = max(self.peak_bytes, resident_bytes(self._roots()))
            if self._ended.wait(INTERVAL_S):
                return
