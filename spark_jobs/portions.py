"""A long backlog is landed in several runs, cut by append time, so that the order of messages stays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from spark_jobs.topic_source import OffsetRange

PORTION_MESSAGES_MAX = 600_000
FirstOffsets = Callable[[int], Mapping[int, int]]


def first_portion(
    offsets: OffsetRange, first_offsets: FirstOffsets, now_ms: int, messages_max: int = PORTION_MESSAGES_MAX
) -> OffsetRange:
    """Return what was appended before some time: at most ``messages_max`` where times tell messages apart.

    Args:
        offsets: all that is to be landed.
        first_offsets: by partition, the first offset appended at a time (Unix epoch, ms) or later;
            a partition without one is absent.
        now_ms: when the range was read.
        messages_max: how many messages one run takes.
    """
    if offsets.count <= messages_max:
        return offsets

    def before(time_ms: int) -> OffsetRange:
        first = first_offsets(time_ms)
        cut = {
            partition: max(offsets.start[partition], min(first.get(partition, end), end))
            for partition, end in offsets.end.items()
        }
        return replace(offsets, end=cut)

    low, high = 0, now_ms + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if before(middle).count <= messages_max else (low, middle)
    return next((portion for portion in (before(low), before(high)) if portion.count), offsets)
