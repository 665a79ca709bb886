"""From a figure of a BI view back to rows, runs, offsets and messages, by ``bi.lineage``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from psycopg2 import sql
from psycopg2.extras import RealDictCursor

from storage.postgres import Connection

ROWS_MAX = 1000


class LineageError(Exception):
    """A figure cannot be traced; the text says what was expected."""


@dataclass(frozen=True)
class Lineage:
    """Where the rows behind a view come from: one row of ``bi.lineage``."""

    view_name: str
    source: str
    event_column: str | None
    figure: str
    figure_sql: str
    row_condition: str


@dataclass(frozen=True)
class TracedRow:
    """One row behind a figure: its run, and the run that landed its message from a place on the topic.

    A row that is a run itself has no message: ``offsets`` of the landing run say what it read. Nor has a
    loan of which payments alone tell; no run landed its application.
    """

    row_id: str
    batch_id: str
    topic: str | None
    partition: int | None
    offset: int | None
    landed_by: str | None
    offsets: Mapping[str, int] | None


def find_lineage(connection: Connection, view_name: str) -> Lineage:
    """Return the lineage of a view of schema ``bi``, named with or without it.

    Raises:
        LineageError: there is no such view; the text names those that there are.
    """
    name = view_name.removeprefix("bi.")
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT * FROM bi.lineage ORDER BY view_name")
        known = {row[0]: Lineage(*row) for row in cursor.fetchall()}
    if name not in known:
        raise LineageError(f"there is no view bi.{name}; expected one of {', '.join(known)}")
    return known[name]


def select_figures(
    connection: Connection, lineage: Lineage, columns: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return the rows of the view whose columns have the given values, as text, in the order of all columns.

    Raises:
        LineageError: the view has no such column.
    """
    view = sql.Identifier("bi", lineage.view_name)
    with connection, connection.cursor(cursor_factory=RealDictCursor) as cursor:
        cursor.execute(sql.SQL("SELECT * FROM {} LIMIT 0").format(view))
        names = [column.name for column in cursor.description or ()]
        for name in columns:
            if name not in names:
                raise LineageError(
                    f"bi.{lineage.view_name} has no column {name}; expected one of {', '.join(names)}"
                )
        conditions = [
            sql.SQL("{}::text = {}").format(sql.Identifier(name), sql.Literal(value))
            for name, value in columns.items()
        ]
        where = sql.SQL(" AND ").join(conditions) if conditions else sql.SQL("true")
        order = sql.SQL(", ").join(sql.Identifier(name) for name in names)
        selected = sql.SQL("SELECT * FROM {} WHERE {} ORDER BY {} LIMIT %s").format(view, where, order)
        cursor.execute(selected, (ROWS_MAX,))
        return [dict(row) for row in cursor.fetchall()]


def compute_figure(connection: Connection, lineage: Lineage, row: Mapping[str, Any]) -> Any:
    """Compute the view's figure again from the rows behind one of its rows."""
    statement = f"SELECT {lineage.figure_sql} FROM {lineage.source} AS s WHERE {lineage.row_condition}"  # noqa: S608
    with connection, connection.cursor() as cursor:
        cursor.execute(statement, dict(row))
        ((figure,),) = cursor.fetchall()
    return figure


def trace_rows(
    connection: Connection, lineage: Lineage, row: Mapping[str, Any], limit: int = ROWS_MAX
) -> Iterator[TracedRow]:
    """Give the rows behind one row of the view, each with the place of its message."""
    with connection, connection.cursor() as cursor:
        cursor.execute(_trace_sql(lineage), {**row, "row_limit": limit})
        for values in cursor.fetchall():
            yield TracedRow(*values)


def _trace_sql(lineage: Lineage) -> str:
    if lineage.event_column:
        return f"""
            SELECT s.{lineage.event_column}, s.batch_id,
                   e.topic, e.partition, e."offset", e.batch_id, r.end_offsets
            FROM {lineage.source} AS s
            LEFT JOIN warehouse.accepted_events AS e ON e.event_id = s.{lineage.event_column}
            LEFT JOIN warehouse.batch_runs AS r ON r.batch_id = e.batch_id
            WHERE {lineage.row_condition} LIMIT %(row_limit)s"""  # noqa: S608
    if lineage.source == "warehouse.batch_runs":
        return f"""
            SELECT s.batch_id, s.batch_id, s.source, NULL, NULL, s.batch_id, s.end_offsets
            FROM warehouse.batch_runs AS s WHERE {lineage.row_condition} LIMIT %(row_limit)s"""  # noqa: S608
    return f"""
        SELECT concat_ws(' ', s.topic, s.partition, s."offset"), s.batch_id, s.topic, s.partition, s."offset",
               r.batch_id, r.end_offsets
        FROM {lineage.source} AS s JOIN warehouse.batch_runs AS r USING (batch_id)
        WHERE {lineage.row_condition} LIMIT %(row_limit)s"""  # noqa: S608
