"""The SQL files of the batch, split into statements with the run's staging tables in their names."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from storage.postgres import Cursor

FOLDER = Path(__file__).with_name("sql")


def read_statements(name: str, token: str) -> dict[str, str]:
    """Return the statements of ``sql/<name>.sql`` by their ``-- name:`` lines, in order.

    ``{token}`` becomes the run's, in the names of its staging tables.
    """
    text = (FOLDER / f"{name}.sql").read_text(encoding="utf-8").replace("{token}", token)
    parts = re.split(r"^-- name: (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def execute(
    cursor: Cursor, name: str, token: str, parameters: dict[str, Any] | None = None
) -> dict[str, int]:
    """Run the statements of one file in order, and return how many rows each one changed."""
    changed = {}
    for title, statement in read_statements(name, token).items():
        cursor.execute(statement, parameters)
        changed[title] = max(cursor.rowcount, 0)
    return changed
