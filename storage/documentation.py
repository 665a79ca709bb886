"""Renders ``docs/warehouse.md`` from the comments in the database.

``python -m storage.documentation`` rewrites the page from the warehouse of POSTGRES_DSN, ``make pages`` from
an empty one that it starts; a test fails when page and comments are out of step.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from contract.settings import SettingsError, load_settings
from storage.postgres import Connection, connect

PAGE = Path(__file__).parents[1] / "docs" / "warehouse.md"
TEXT = Path(__file__).with_name("warehouse_page.md")
KINDS = {"r": "table", "p": "table", "v": "view", "m": "materialized view"}

_COLUMNS_SQL = """
SELECT n.nspname, c.relname, c.relkind, obj_description(c.oid),
       a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, col_description(c.oid, a.attnum),
       EXISTS (SELECT FROM pg_index i
               WHERE i.indrelid = c.oid AND i.indisprimary AND a.attnum = ANY (i.indkey))
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE n.nspname IN ('warehouse', 'bi') AND c.relkind IN ('r', 'p', 'v', 'm') AND NOT c.relispartition
ORDER BY n.nspname = 'bi', c.relname, a.attnum
"""


@dataclass(frozen=True)
class Column:
    """One column, with what the database says of it."""

    name: str
    type: str
    required: bool
    comment: str | None
    in_key: bool


@dataclass(frozen=True)
class Relation:
    """One table or view, with what the database says of it."""

    name: str
    kind: str
    comment: str | None
    columns: tuple[Column, ...]


def read_relations(connection: Connection) -> tuple[Relation, ...]:
    """Return the tables of schema ``warehouse`` and the views of schema ``bi``, by name."""
    with connection, connection.cursor() as cursor:
        cursor.execute(_COLUMNS_SQL)
        rows = cursor.fetchall()
    return tuple(
        Relation(f"{schema}.{name}", KINDS[kind], comment, tuple(Column(*row[4:]) for row in columns))
        for (schema, name, kind, comment), columns in groupby(rows, key=lambda row: row[:4])
    )


def render_warehouse(relations: tuple[Relation, ...]) -> str:
    """The page of tables, views and columns, as Markdown, behind the text that introduces them."""
    lines = [TEXT.read_text(encoding="utf-8").rstrip(), "", "## Tables and views", ""]
    lines += ["| table or view | a row is |", "|---|---|"]
    lines += [f"| [`{entry.name}`](#{_anchor(entry)}) | {_row_is(entry)} |" for entry in relations]
    for entry in relations:
        lines += [
            "",
            f"## {entry.name}",
            "",
            f"{entry.kind.capitalize()}. {entry.comment or ''}".rstrip(),
            "",
        ]
        lines += ["| column | type | what it is |", "|---|---|---|"]
        lines += list(_column_rows(entry))
    return "\n".join(lines) + "\n"


def _anchor(relation: Relation) -> str:
    return relation.name.replace(".", "")


def _row_is(relation: Relation) -> str:
    text = relation.comment or ""
    return text.removeprefix("One row per ").rstrip(".")


def _column_rows(relation: Relation) -> Iterator[str]:
    for column in relation.columns:
        marks = ", key" if column.in_key else ", required" if column.required else ""
        comment = (column.comment or "").replace("|", "\\|").replace("<", "&lt;")
        yield f"| `{column.name}` | {column.type}{marks} | {comment} |"


def main() -> int:
    """Rewrite the page; return the exit status."""
    try:
        with closing(connect(load_settings().require("postgres_dsn"))) as connection:
            page = render_warehouse(read_relations(connection))
    except SettingsError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    PAGE.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
