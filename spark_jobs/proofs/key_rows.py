"""The events of one key, and how many of them with which sum lie before an offset."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spark_jobs.features.rows import Integers, Truths, Values, sums_before
from spark_jobs.proofs.combinations import BITS_64


class CountedPart:
    """Counted events of one partition in the order of their offsets."""

    def __init__(self, offsets: Integers, mixes: Values) -> None:
        order = np.argsort(offsets)
        self.offsets = offsets[order]
        self.sums = sums_before(mixes[order].astype(np.int64))

    def between(self, first_offset: int, last_offset: int) -> tuple[int, int]:
        """How many events lie from the first to the last offset, and their sum modulo 2^64."""
        start = int(np.searchsorted(self.offsets, first_offset, side="left"))
        end = max(start, int(np.searchsorted(self.offsets, last_offset, side="right")))
        return end - start, (int(self.sums[end]) - int(self.sums[start])) & BITS_64


class KeyRows:
    """The events of one key in the order of event time, partition and offset.

    ``repeats`` gives, for a row that is no accepted event but a repetition of one, that one's row,
    or -2 where it is not among the rows; else -1. ``routes`` numbers the tasks that each event went
    through, once for each layout that runs of the stream had. ``taken_repeats`` marks the repetitions of
    which an alert has shown that the stream took them in.
    """

    def __init__(
        self,
        times_ms: Integers,
        partitions: Integers,
        offsets: Integers,
        types: Values,
        append_times_ms: Integers,
        mixes: Values,
        repeats: Integers,
        routes: Sequence[Integers],
    ) -> None:
        self.times_ms = times_ms
        self.partitions = partitions
        self.offsets = offsets
        self.types = types
        self.append_times_ms = append_times_ms
        self.mixes = mixes
        self.repeats = repeats
        self.routes = routes
        self.accepted: Truths = repeats == -1
        self.taken_repeats: Truths = np.zeros(len(repeats), dtype=np.bool_)
        self._since_copy: Integers | None = None
        self._places: set[tuple[int, int]] | None = None
        self._counted: dict[tuple[int, int], CountedPart] = {}

    def since_copy(self) -> Integers:
        """How many offsets behind the last message of the same event in its partition; most without one."""
        if self._since_copy is None:
            self._since_copy = self._find_since_copy()
        return self._since_copy

    def _find_since_copy(self) -> Integers:
        originals = np.where(self.accepted, np.arange(len(self.repeats)), self.repeats)
        order = np.lexsort((self.offsets, self.partitions, originals))
        ids, partitions, offsets = originals[order], self.partitions[order], self.offsets[order]
        is_copy = (ids[1:] == ids[:-1]) & (partitions[1:] == partitions[:-1]) & (ids[1:] >= 0)
        since = np.full(len(order), np.iinfo(np.int64).max)
        since[order[1:][is_copy]] = np.diff(offsets)[is_copy]
        return since

    def counted(self, partition: int, from_ms: int) -> CountedPart:
        """The accepted events of a partition that are not before a time."""
        if (partition, from_ms) not in self._counted:
            chosen = self.accepted & (self.partitions == partition) & (self.times_ms >= from_ms)
            self._counted[partition, from_ms] = CountedPart(self.offsets[chosen], self.mixes[chosen])
        return self._counted[partition, from_ms]

    def holds(self, partition: int, offset: int) -> bool:
        """Whether an event of the key lies at a place of the topic."""
        if self._places is None:
            self._places = set(zip(self.partitions.tolist(), self.offsets.tolist(), strict=True))
        return (partition, offset) in self._places
