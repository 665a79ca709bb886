"""Rows into PostgreSQL by COPY, a bounded number in memory at a time."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from psycopg2 import sql

from contract.names import STAGING_SCHEMA
from storage.postgres import Cursor

ROWS_PER_COPY = 10_000
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def copy_rows(cursor: Cursor, table: str, rows: Iterable[Sequence[Any]]) -> None:
    """Append rows, with a value for every column, to ``staging.<table>``."""
    statement = sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(STAGING_SCHEMA, table))
    remaining = iter(rows)
    while chunk := list(islice(remaining, ROWS_PER_COPY)):
        text = "".join("\t".join(map(_field, row)) + "\n" for row in chunk)
        cursor.copy_expert(statement, io.StringIO(text))


def _field(value: Any) -> str:
    return "\\N" if value is None else str(value).translate(_ESCAPES)
