"""The columns of a chunk of rows as arrays."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spark_jobs.features.rows import Integers, Truths, Values, Windows, windows
from spark_jobs.features.specification import StepFeature


class Chunk:
    """Rows of whole groups, sorted by group, event time, partition and offset."""

    def __init__(self, table: pa.Table, group: str) -> None:
        """Take in the rows; ``group`` is the column whose values hold rows together."""
        self.table = table
        self.groups = self.codes(group)
        self.times_ms = self.values("event_time_ms")
        self._windows: dict[tuple[int, int], Windows] = {}

    def codes(self, column: str) -> Integers:
        """The number of each row's value, from 0 in the order of appearance; -1 for NULL."""
        encoded = pc.dictionary_encode(self._whole(column))
        codes: Integers = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
        return codes

    def values(self, column: str) -> Values:
        """The values of a column of numbers, none of them minus zero; zero for NULL."""
        values: Values = pc.fill_null(self._whole(column), 0).to_numpy(zero_copy_only=False) + 0
        return values

    def present(self, *columns: str) -> Truths:
        """Whether none of the columns is NULL."""
        found = np.ones(len(self.table), dtype=np.bool_)
        for column in columns:
            found &= pc.is_valid(self._whole(column)).to_numpy(zero_copy_only=False)
        return found

    def of_types(self, types: frozenset[str]) -> Truths:
        """Whether the event is of one of the types."""
        among = pc.is_in(self._whole("event_type"), value_set=pa.array(sorted(types), pa.string()))
        found: Truths = among.to_numpy(zero_copy_only=False)
        return found

    def members(self, feature: StepFeature, *not_null: str) -> Truths:
        """Whether an event counts in the windows of a feature, and none of the columns is NULL."""
        members = self.of_types(frozenset((feature.source_type,))) & self.present(*not_null)
        if feature.filter is None:
            return members
        filtered: Truths = pc.fill_null(self._whole(feature.filter), False).to_numpy(zero_copy_only=False)
        return members & filtered

    def windows(self, feature: StepFeature) -> Windows:
        """The feature's windows; features of the same window share them."""
        size = feature.window_ms, feature.step_ms
        if size not in self._windows:
            self._windows[size] = windows(self.groups, self.times_ms, *size)
        return self._windows[size]

    def taken(self, column: str, rows: Integers, known: Truths) -> pa.Array:
        """The values of a column at other rows, NULL where ``known`` is not true."""
        whole = self._whole(column)
        values = pc.add(whole, 0.0) if pa.types.is_floating(whole.type) else whole
        return values.take(pa.array(rows, mask=~known))

    def _whole(self, column: str) -> pa.Array:
        chunks = self.table.column(column).combine_chunks()
        return chunks.combine_chunks() if isinstance(chunks, pa.ChunkedArray) else chunks
