"""`make pages`: what is written from definitions: reference pages, and what BI tools open."""

from __future__ import annotations

import tempfile
from contextlib import closing
from pathlib import Path

from bi.publish import render_bi, write_bi
from contract.documentation import write_pages
from stack.environment import read_env
from stack.folder import stack_folder
from stack.platform import settings_of
from stack.up import Stack
from storage.documentation import PAGE, read_relations, render_warehouse
from storage.postgres import connect, migrate


def write_all_pages() -> None:
    """Write the pages of events, settings and the warehouse; the last from a server of its own."""
    write_pages()
    with tempfile.TemporaryDirectory(prefix="tandem-pages-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        stack = Stack(stack_folder(Path(folder)))
        try:
            stack.up(("postgres",))
            settings = settings_of(read_env(stack.folder.env))
            migrate(settings)
            with closing(connect(settings.require("postgres_dsn"))) as connection:
                relations = read_relations(connection)
        finally:
            stack.down()
    PAGE.write_text(render_warehouse(relations), encoding="utf-8")
    write_bi(render_bi(relations))
