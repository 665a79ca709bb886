"""Runs that were made, one a line in a file, so that a comparison that was cut goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any


@dataclass(frozen=True)
class RunResult:
    """One run of a contender at a work.

    Attributes:
        events: how many the contender was given; ``of_events`` how many the longest topic has.
        events_per_s: after the first quarter.
        peak_mib: peak memory of all its processes.
        alerts: how many were right to come; ``missing`` and ``wrong`` are those that differ.
        end: why it ended early, None where it did all.
        others_share: the part of the machine's processor time that other programs took meanwhile.
    """

    contender: str
    work: str
    repeat: int
    of_events: int
    events: int
    events_per_s: float
    peak_mib: float
    alerts: int
    missing: int = 0
    wrong: int = 0
    end: str | None = None
    others_share: float = 0.0

    @property
    def right(self) -> bool:
        """Whether it did all, and gave the very alerts that are right."""
        return self.end is None and self.missing == 0 and self.wrong == 0


@dataclass(frozen=True)
class LatencyResult:
    """Alerts of Tandem at half of its rate: ms from an event's append time to its alert's."""

    work: str
    repeat: int
    of_events: int
    rate: float
    alerts: int
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True)
class Median:
    """The median of equal runs, and between what they lay."""

    events_per_s: float
    least: float
    most: float
    peak_mib: float
    runs: int
    wrong_runs: int


class Results:
    """The file of runs."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)

    def add(self, result: RunResult | LatencyResult) -> None:
        """Append a run."""
        with self._path.open("a") as file:
            file.write(json.dumps(asdict(result)) + "\n")

    def runs(self, of_events: int) -> list[RunResult]:
        """The runs of contenders over so many events; the newest of a repeat counts."""
        found = (RunResult(**line) for line in self._lines() if "contender" in line)
        newest = {(run.contender, run.work, run.repeat): run for run in found if run.of_events == of_events}
        return list(newest.values())

    def latencies(self, of_events: int) -> list[LatencyResult]:
        """The runs at half rate."""
        found = (LatencyResult(**line) for line in self._lines() if "p99_ms" in line)
        return list({(run.work, run.repeat): run for run in found if run.of_events == of_events}.values())

    def forget(self) -> None:
        """Begin anew."""
        self._path.unlink(missing_ok=True)

    def _lines(self) -> list[dict[str, Any]]:
        lines = self._path.read_text().splitlines() if self._path.exists() else []
        return [json.loads(line) for line in lines]


def medians(runs: Iterable[RunResult]) -> dict[tuple[str, str], Median]:
    """By contender and work; a run that was wrong or cut counts for no rate."""
    grouped: dict[tuple[str, str], list[RunResult]] = {}
    for run in runs:
        grouped.setdefault((run.contender, run.work), []).append(run)
    return {place: _median(found) for place, found in grouped.items()}


def _median(runs: list[RunResult]) -> Median:
    right = [run for run in runs if run.right]
    rates = [run.events_per_s for run in right] or [0.0]
    return Median(
        events_per_s=median(rates),
        least=min(rates),
        most=max(rates),
        peak_mib=median([run.peak_mib for run in right] or [0.0]),
        runs=len(right),
        wrong_runs=len(runs) - len(right),
    )
