"""Which run of the stream, with which rules, took in a position of the topic.

A run is known by its start: the offsets from which it read. A run that resumed
from a checkpoint carried on where the runs before it had got to, so nothing lies
between them. One that started without a checkpoint may have left a gap, save for
what the alerts of the runs before prove that they had read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from spark_jobs.reconciliation.model import Position


class StreamRunError(ValueError):
    """A message of the runs' topic does not tell a run's start; the text names the member."""


@dataclass(frozen=True)
class RanRule:
    """A version of a rule as a run had it, for event times from ``from_ms`` to before ``until_ms``."""

    rule_id: str
    version: int
    from_ms: int | None = None
    until_ms: int | None = None

    def holds(self, rule: tuple[str, int], event_time_ms: int) -> bool:
        """Whether it is this rule and version, for an event of this time."""
        after_start = self.from_ms is None or self.from_ms <= event_time_ms
        before_end = self.until_ms is None or event_time_ms < self.until_ms
        return (self.rule_id, self.version) == rule and after_start and before_end


@dataclass(frozen=True)
class StreamRun:
    """One start of the stream job. A partition without an offset was read from its beginning."""

    run_id: str
    started_at_ms: int
    start_offsets: Mapping[int, int]
    """Partition -> first offset that raised alerts."""
    resumed: bool
    """Whether it carried on where the runs before had got to: from a checkpoint, or by taking over."""
    rules: frozenset[RanRule]
    layout: tuple[int, int] = (1, 1)
    """Parallelism and greatest parallelism, which say what task has a key's state."""
    step_states: Mapping[str, str] = field(default_factory=dict)
    """Feature key -> digest of its step; a step of another digest takes over no windows."""
    read_from_offsets: Mapping[int, int] | None = None
    """Partition -> first offset that entered the windows, of a run that took over from another."""

    def had(self, rule: tuple[str, int], event_time_ms: int) -> bool:
        """Whether it ran a rule and version for events of this time."""
        return any(ran.holds(rule, event_time_ms) for ran in self.rules)

    def read_from(self, partition: int) -> int:
        """The first offset of the partition that this run read."""
        return self.start_offsets.get(partition, 0)


class StreamHistory:
    """All known starts of the stream job, the oldest first."""

    def __init__(
        self, runs: Iterable[StreamRun], read_before: Mapping[str, Mapping[int, int]] | None = None
    ) -> None:
        """Order the runs.

        ``read_before`` tells for a run that did not resume what was surely read before it
        started: run id -> partition -> offset of the last alert raised until then.
        """
        self.runs = tuple(sorted(runs, key=lambda run: (run.started_at_ms, run.run_id)))
        self._read_before = read_before or {}

    def could_have_run(self, rule: tuple[str, int], position: Position, event_time_ms: int) -> bool:
        """Whether some run with this rule and version for such events may have taken in the position."""
        return any(run.had(rule, event_time_ms) and self._reaches(run, position) for run in self.runs)

    def layouts(self) -> list[tuple[int, int]]:
        """The layouts of the runs, each once, the newest first."""
        return list(dict.fromkeys(run.layout for run in reversed(self.runs)))

    def fresh_starts(self, key: str) -> list[Mapping[int, int]]:
        """Where runs began that had no windows by a key of the runs before, the newest first."""
        before: str | None = None
        found: list[Mapping[int, int]] = []
        for run in self.runs:
            state = run.step_states.get(key)
            if run.read_from_offsets is not None:
                found.append(run.read_from_offsets)
            elif not run.resumed or state != before:
                found.append(run.start_offsets)
            before = state
        return found[::-1]

    def certain_run(self, position: Position) -> StreamRun | None:
        """The run that must have taken in a committed position; None where none must have."""
        later: StreamRun | None = None
        for run in reversed(self.runs):
            if self._reaches(run, position):
                return None if later and self._may_have_skipped(later, position) else run
            later = run
        return None

    def _may_have_skipped(self, run: StreamRun, position: Position) -> bool:
        read_before = self._read_before.get(run.run_id, {}).get(position.partition, -1)
        return not run.resumed and position.offset > read_before

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
            start_offsets=_by_partition(document["start_offsets"]),
            resumed=document["checkpoint"] is not None or "read_from_offsets" in document,
            rules=frozenset(_read_rule(rule) for rule in document["rules"]),
            layout=(int(document.get("parallelism", 1)), int(document.get("max_parallelism", 1))),
            step_states={str(step["key"]): str(step["state"]) for step in document.get("feature_steps", ())},
            read_from_offsets=_by_partition(told) if (told := document.get("read_from_offsets")) else None,
        )
    except KeyError as error:
        raise StreamRunError(f"expected the member {error.args[0]!r}") from None
    except (TypeError, ValueError, AttributeError):
        raise StreamRunError(
            "expected _id, started_at_ms, start_offsets, checkpoint and rules of a stream run"
        ) from None


def _read_rule(document: Mapping[str, Any]) -> RanRule:
    from_ms, until_ms = document.get("from_event_time_ms"), document.get("until_event_time_ms")
    return RanRule(
        rule_id=str(document["id"]),
        version=int(document["version"]),
        from_ms=None if from_ms is None else int(from_ms),
        until_ms=None if until_ms is None else int(until_ms),
    )


def _by_partition(offsets: Mapping[str, Any]) -> dict[int, int]:
    return {int(partition): int(offset) for partition, offset in offsets.items()}
