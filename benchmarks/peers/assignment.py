"""What a contender's process is told: where the events are, where alerts go, and what fires."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import NamedTuple

from benchmarks.peers.work import Key, Window

PATH_VARIABLE = "TANDEM_PEERS_ASSIGNMENT"
STATELESS = "amount_cents"
PROCESSES = 2


class Step(NamedTuple):
    """All windows by one key, and their thresholds."""

    key: Key
    windows: tuple[Window, ...]
    limits: list[int]


@dataclass(frozen=True)
class Assignment:
    """One run of one process of a contender.

    Attributes:
        servers: the broker's address.
        topic: the events.
        messages: how many they are.
        alerts_topic: where alerts go, one a message: a JSON object with ``event_id``.
        windows: none for the stateless rule.
        thresholds: by the window's name.
        folder: the run's own, for state and results.
        process: 0 or 1.
        partitions: those of this process, where the contender does not share them out by itself.
    """

    servers: str
    topic: str
    messages: int
    alerts_topic: str
    windows: tuple[Window, ...]
    thresholds: Mapping[str, int]
    folder: str
    process: int = 0
    partitions: tuple[int, ...] = ()

    def steps(self) -> list[Step]:
        """The keys of the windows, in the order in which they are named."""
        keys = dict.fromkeys(window.key for window in self.windows)
        return [self._step(key) for key in keys]

    def _step(self, key: Key) -> Step:
        windows = tuple(window for window in self.windows if window.key == key)
        return Step(key, windows, [self.thresholds[window.name] for window in windows])

    def of_process(self, number: int, partitions: tuple[int, ...]) -> Assignment:
        """The assignment of one of several processes."""
        return replace(self, process=number, partitions=partitions)

    def write(self) -> Path:
        """Write it into the run's folder."""
        path = Path(self.folder) / f"assignment-{self.process}.json"
        path.write_text(json.dumps(asdict(self)))
        return path


def read_assignment() -> Assignment:
    """Read the assignment that the environment names."""
    told = json.loads(Path(os.environ[PATH_VARIABLE]).read_text())
    windows = tuple(Window(**window) for window in told.pop("windows"))
    return Assignment(windows=windows, partitions=tuple(told.pop("partitions")), **told)
