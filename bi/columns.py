"""The columns of the views, as the warehouse's own comments give them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from storage.documentation import Relation


@dataclass(frozen=True)
class BiColumn:
    """One column of a view; ``type`` is PostgreSQL's name of the type."""

    name: str
    type: str
    comment: str | None

    @property
    def is_time(self) -> bool:
        """Whether it holds a date or an instant."""
        return self.type == "date" or self.type.startswith("timestamp")


Columns = Mapping[str, tuple[BiColumn, ...]]


def columns_of(relations: tuple[Relation, ...]) -> Columns:
    """Return the views of schema ``bi``, without the schema, with their columns."""
    return {
        entry.name.removeprefix("bi."): tuple(
            BiColumn(column.name, column.type, column.comment) for column in entry.columns
        )
        for entry in relations
        if entry.name.startswith("bi.")
    }
