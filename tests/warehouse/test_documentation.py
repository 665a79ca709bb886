"""The page of the warehouse and the comments in the database say the same, of every column."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

import pytest

from bi.publish import FOLDER as BI
from bi.publish import render_bi
from contract.settings import Settings
from storage.documentation import PAGE, read_relations, render_warehouse
from storage.postgres import connect, migrate

pytestmark = pytest.mark.engines


@pytest.fixture(scope="module")
def warehouse(postgres: str, settings: Callable[..., Settings]) -> Settings:
    """Settings of an up-to-date warehouse."""
    found = settings()
    migrate(found)
    return found


def test_every_table_view_and_column_says_what_it_is(warehouse: Settings) -> None:
    with closing(connect(warehouse.require("postgres_dsn"))) as connection:
        relations = read_relations(connection)
    silent = [entry.name for entry in relations if not (entry.comment or "").startswith("One row per ")]
    silent += [
        f"{entry.name}.{column.name}" for entry in relations for column in entry.columns if not column.comment
    ]
    assert silent == []
    assert len(relations) > 35


def test_the_page_is_the_one_that_the_comments_give(warehouse: Settings) -> None:
    with closing(connect(warehouse.require("postgres_dsn"))) as connection:
        page = render_warehouse(read_relations(connection))
    assert PAGE.read_text(encoding="utf-8") == page, "run `make pages`"


def test_the_files_for_bi_tools_are_those_that_views_and_charts_give(warehouse: Settings) -> None:
    with closing(connect(warehouse.require("postgres_dsn"))) as connection:
        files = render_bi(read_relations(connection))
    written = {
        path.relative_to(BI).as_posix(): path.read_text(encoding="utf-8")
        for name in ("superset", "powerbi")
        for path in (BI / name).rglob("*")
        if path.is_file()
    }
    assert written == files, "run `make pages`"


def test_every_view_has_its_lineage(warehouse: Settings) -> None:
    with closing(connect(warehouse.require("postgres_dsn"))) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT view_name FROM bi.lineage")
        traced = {f"bi.{name}" for (name,) in cursor.fetchall()}
        views = {entry.name for entry in read_relations(connection) if entry.kind != "table"}
    assert {view for view in views if view.startswith("bi.")} == traced
