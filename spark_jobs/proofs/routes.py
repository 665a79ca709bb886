"""Which tasks of the stream an event went through, and the number by which its place is summed up.

A key's group is Flink's murmur hash of ``String.hashCode`` of the key, modulo the greatest parallelism;
its task is ``group * parallelism / greatest parallelism``, whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spark_jobs.features.rows import Integers, Values

BITS_32 = 0xFFFFFFFF
PARTITION_SHIFT = 48


@dataclass(frozen=True)
class Layout:
    """How a run of the stream spread the keys over its tasks."""

    parallelism: int
    max_parallelism: int

    def task(self, key: str) -> int:
        """The number of the task that has the state of a key."""
        group = murmur(java_hash(key)) % self.max_parallelism
        return group * self.parallelism // self.max_parallelism

    def routes(self, key_columns: Sequence[Sequence[str]], rows: int) -> Integers:
        """A number for each row that is the same where the tasks of all its keys are."""
        routes = np.zeros(rows, dtype=np.int64)
        for keys in key_columns:
            tasks = {key: self.task(key) for key in dict.fromkeys(keys)}
            routes = routes * self.parallelism + np.array([tasks[key] for key in keys], dtype=np.int64)
        return routes


def java_hash(text: str) -> int:
    """``String.hashCode``: over UTF-16 code units, as 32 unsigned bits."""
    value = 0
    units = np.frombuffer(text.encode("utf-16-le"), dtype="<u2")
    for unit in units.tolist():
        value = (31 * value + unit) & BITS_32
    return value


def murmur(code: int) -> int:
    """``MathUtils.murmurHash`` of Flink; never negative."""
    code = code * 0xCC9E2D51 & BITS_32
    code = _rotated(code, 15) * 0x1B873593 & BITS_32
    code = (_rotated(code, 13) * 5 + 0xE6546B64) & BITS_32
    code ^= 4
    code = (code ^ code >> 16) * 0x85EBCA6B & BITS_32
    code = (code ^ code >> 13) * 0xC2B2AE35 & BITS_32
    code ^= code >> 16
    signed = code - (1 << 32) if code >> 31 else code
    return abs(signed) if signed != -(1 << 31) else 0


def _rotated(code: int, bits: int) -> int:
    return (code << bits | code >> (32 - bits)) & BITS_32


def mixed(partitions: Integers, offsets: Integers) -> Values:
    """splitmix64's finaliser over ``(partition << 48) ^ offset``, as 64 unsigned bits."""
    z = partitions.astype(np.uint64) << np.uint64(PARTITION_SHIFT) ^ offsets.astype(np.uint64)
    z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return z ^ z >> np.uint64(31)
