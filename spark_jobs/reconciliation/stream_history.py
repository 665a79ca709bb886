"""Which run of the stream, with which rules, took in a position of the topic.

A run is known by its start: the offsets from which it read. A run that resumed
from a checkpoint carried on where the runs before it had got to, so nothing lies
between them; one that started without a checkpoint may have left a gap.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from spark_jobs.reconciliation.model import Position


class StreamRunError(ValueError):
    """A message of the runs' topic does not tell a run's start; the text names the member."""


@dataclass(frozen=True)
class StreamRun:
    """One start of the stream job. A partition without an offset was read from its beginning."""

    run_id: str
    started_at_ms: int
    start_offsets: Mapping[int, int]
    resumed: bool
    rules: frozenset[tuple[str, int]]

    def read_from(self, partition: int) -> int:
        """The first offset of the partition that this run read."""
        return self.start_offsets.get(partition, 0)


class StreamHistory:
    """All known starts of the stream job, the oldest first."""

    def __init__(self, runs: Iterable[StreamRun]) -> None:
        self.runs = tuple(sorted(runs, key=lambda run: (run.started_at_ms, run.run_id)))

    def could_have_run(self, rule: tuple[str, int], position: Position) -> bool:
        """Whether some run with this rule and version may have taken in the position."""
        return any(rule in run.rules and self._reaches(run, position) for run in self.runs)

    def certain_run(self, position: Position) -> StreamRun | None:
        """The run that must have taken in a committed position; None where none must have."""
        later_may_skip = False
        for run in reversed(self.runs):
            if self._reaches(run, position):
                return None if later_may_skip else run
            later_may_skip = not run.resumed
        return None

    @staticmethod
    def _reaches(run: StreamRun, position: Position) -> bool:
        return run.read_from(position.partition) <= position.offset


def read_stream_run(document: Mapping[str, Any]) -> StreamRun:
    """Read one message of the runs' topic.

    Raises:
        StreamRunError: a member is absent or of another type.
    """
    try:
        return StreamRun(
            run_id=str(document["_id"]),
            started_at_ms=int(document["started_at_ms"]),
            start_offsets={int(key): int(value) for key, value in document["start_offsets"].items()},
            resumed=document["checkpoint"] is not None,
            rules=frozenset((str(rule["id"]), int(rule["version"])) for rule in document["rules"]),
        )
    except KeyError as error:
        raise StreamRunError(f"expected the member {error.args[0]!r}") from None
    except (TypeError, ValueError, AttributeError):
        raise StreamRunError(
            "expected _id, started_at_ms, start_offsets, checkpoint and rules of a stream run"
        ) from None
