"""How far a run may judge: what has landed and what the stream has committed, partition by partition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class LandedRun:
    """One succeeded landing of the events' topic. Offsets are partition -> offset, the end excluded."""

    batch_id: str
    start_offsets: Mapping[int, int]
    end_offsets: Mapping[int, int]

    def overlaps(self, ranges: Mapping[int, tuple[int, int]]) -> bool:
        """Whether it read an offset of one of the ranges."""
        return any(
            max(start, self.start_offsets.get(partition, 0)) < min(end, self.end_offsets.get(partition, 0))
            for partition, (start, end) in ranges.items()
        )


@dataclass(frozen=True)
class Progress:
    """How far the runs before came; nothing yet by default."""

    alert_topic_offsets: Mapping[int, int] = field(default_factory=dict)
    judged_offsets: Mapping[int, int] = field(default_factory=dict)
    facts_offset: int | None = None
    """The last fact that they knew; None where they knew of no facts."""


@dataclass(frozen=True)
class JudgingRange:
    """What one run judges, partition -> (first offset, offset after the last), and what landed it."""

    ranges: Mapping[int, tuple[int, int]]
    landed: tuple[LandedRun, ...]

    @property
    def judged_offsets(self) -> dict[int, int]:
        """Partition -> offset after the last one judged."""
        return {partition: end for partition, (_, end) in self.ranges.items()}


def find_judging_range(
    progress: Progress, landed: Sequence[LandedRun], committed: Mapping[int, int]
) -> JudgingRange:
    """Start where the runs before ended; end at what has both landed and been committed."""
    ranges: dict[int, tuple[int, int]] = {}
    for partition, landed_end in sorted(ends_of(landed).items()):
        start = progress.judged_offsets.get(partition, _first(landed, partition))
        ranges[partition] = start, max(start, min(landed_end, committed.get(partition, 0)))
    return JudgingRange(ranges, tuple(run for run in landed if run.overlaps(ranges)))


def ends_of(landed: Iterable[LandedRun]) -> dict[int, int]:
    """Partition -> offset after the last one that has landed."""
    ends: dict[int, int] = {}
    for run in landed:
        ends |= run.end_offsets
    return ends


def _first(landed: Iterable[LandedRun], partition: int) -> int:
    return next(run.start_offsets.get(partition, 0) for run in landed if partition in run.end_offsets)
