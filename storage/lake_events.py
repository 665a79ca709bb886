"""Events of the lake without Spark: a few of them, for people who ask about one key."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow.dataset as ds
from pyarrow import compute as pc
from pyarrow.fs import FileSelector, FileSystem, FileType

from storage.postgres import Connection, transaction

Event = dict[str, Any]
DAY = timedelta(days=1)

_LANDED_SQL = """
SELECT batch_id FROM warehouse.batch_runs WHERE job = 'land_events' AND status = 'succeeded'
ORDER BY run_number
"""


def landed_batches(connection: Connection) -> list[str]:
    """The runs whose folders of the lake count, the oldest first."""
    with transaction(connection) as cursor:
        cursor.execute(_LANDED_SQL)
        return [batch_id for (batch_id,) in cursor.fetchall()]


def events_of_key(
    lake_uri: str,
    batch_ids: Sequence[str],
    event_type: str,
    key: tuple[str, str],
    from_ms: int,
    to_ms: int,
) -> list[Event]:
    """Return the accepted events of a type and a key (field, value) within event times, both included.

    Each has the contract's columns, ``topic``, ``partition``, ``offset`` and ``append_time_ms``; they come in
    the order of event time, partition, offset. Only the folders of the days asked for are read.
    """
    filesystem, root = _lake(lake_uri)
    days = _days(from_ms, to_ms)
    files = [
        info.path
        for batch_id in batch_ids
        for day in days
        for info in filesystem.get_file_info(
            FileSelector(f"{root}/events/batch_id={batch_id}/event_date={day}", allow_not_found=True)
        )
        if info.type == FileType.File and info.base_name.endswith(".parquet")
    ]
    if not files:
        return []
    time = pc.field("event_time_ms")
    wanted = (pc.field("event_type") == event_type) & (pc.field(key[0]) == key[1])
    table = ds.dataset(files, format="parquet", filesystem=filesystem).to_table(
        filter=wanted & (time >= from_ms) & (time <= to_ms)
    )
    rows: list[Event] = table.to_pylist()
    return sorted(rows, key=lambda row: (row["event_time_ms"], row["partition"], row["offset"]))


def _lake(lake_uri: str) -> tuple[FileSystem, str]:
    uri = lake_uri if urlsplit(lake_uri).scheme else Path(lake_uri).resolve().as_uri()
    filesystem, root = FileSystem.from_uri(uri)
    return filesystem, root.rstrip("/")


def _days(from_ms: int, to_ms: int) -> list[str]:
    first, last = (datetime.fromtimestamp(ms / 1000, tz=UTC).date() for ms in (from_ms, to_ms))
    return [(first + DAY * number).isoformat() for number in range((last - first).days + 1)]
