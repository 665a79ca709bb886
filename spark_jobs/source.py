"""What both sources of messages, a topic and files, give to the landing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pyspark.sql import DataFrame

MESSAGE_COLUMNS = ("topic", "partition", "offset", "append_time_ms", "message")


@dataclass(frozen=True)
class Messages:
    """A fixed set of messages: reading it twice gives the same ones."""

    source: str
    """``kafka:<topic>`` or the URI that was asked for."""
    rows: DataFrame
    """Columns of :data:`MESSAGE_COLUMNS`; ``message`` is binary and NULL for a tombstone."""
    count: int
    """How many there are, counted without reading them as events."""
    start_offsets: Mapping[str, int]
    end_offsets: Mapping[str, int]
    source_id: str | None = None
    lost_offsets: Mapping[str, tuple[int, int]] | None = None
