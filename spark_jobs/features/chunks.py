"""Sorted record batches cut into chunks of whole groups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc

ROWS_PER_CHUNK = 200_000


def whole_groups(
    batches: Iterable[pa.RecordBatch], group: str, rows_per_chunk: int = ROWS_PER_CHUNK
) -> Iterator[pa.Table]:
    """Give tables of at least ``rows_per_chunk`` rows (save the last) that end where a group ends.

    ``batches`` are sorted by ``group``; only its rows that belong together are in memory at a time.
    """
    held: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        if batch.num_rows == 0:
            continue
        cut = _start_of_last_group(batch, group)
        ends_here = cut > 0 or (bool(held) and _last(held[-1], group) != _last(batch, group))
        if ends_here and rows + cut >= rows_per_chunk:
            yield pa.Table.from_batches([*held, batch.slice(0, cut)])
            held, rows, batch = [], 0, batch.slice(cut)
        held.append(batch)
        rows += batch.num_rows
    if held:
        yield pa.Table.from_batches(held)


def _last(batch: pa.RecordBatch, group: str) -> str:
    return str(batch.column(group)[-1])


def _start_of_last_group(batch: pa.RecordBatch, group: str) -> int:
    """The first row of the batch that belongs to the group of its last row."""
    values = batch.column(group)
    return int(pc.index(values, values[-1]).as_py())
