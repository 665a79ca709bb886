"""`python -m storage`: trace a figure, remove old data, erase a user."""

from __future__ import annotations

import sys
from contextlib import closing
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

from contract.settings import SettingsError, load_settings
from storage.lineage import LineageError, compute_figure, find_lineage, select_figures, trace_rows
from storage.postgres import connect
from storage.removals import RemovalError, Request, cutoff_of, erase_user, remove_before

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)
By = Annotated[str, typer.Option(help="Who asks for it; kept in the record.")]
Reference = Annotated[str, typer.Option(help="Ticket or letter; kept in the record. Not the user's name.")]
Rows = Annotated[int, typer.Option(min=1, help="Most rows to show for a figure.")]


@app.command()
def trace(view: str, column: Annotated[list[str] | None, typer.Argument()] = None, rows: Rows = 10) -> None:
    """Show where figures of a BI view come from; COLUMN=VALUE picks rows of the view."""
    console = Console(highlight=False, soft_wrap=True)
    chosen = dict(_split(text) for text in column or ())
    with closing(connect(load_settings().require("postgres_dsn"), application="tandem-trace")) as connection:
        lineage = find_lineage(connection, view)
        for figures in select_figures(connection, lineage, chosen):
            console.print(", ".join(f"{name}={value}" for name, value in figures.items()), markup=False)
            again = compute_figure(connection, lineage, figures)
            console.print(f"  {lineage.figure} from the rows of {lineage.source}: {again}", markup=False)
            for found in trace_rows(connection, lineage, figures, rows):
                place = f"{found.topic} {found.partition} {found.offset}" if found.topic else "no message"
                line = f"  {found.row_id}  by {found.batch_id}  landed by {found.landed_by}  at {place}"
                console.print(line, markup=False)


@app.command()
def retain(days: Annotated[int, typer.Option(min=1)], by: By, reference: Reference = "") -> None:
    """Remove what happened more than DAYS whole days ago (UTC) from lake, alerts and warehouse."""
    cutoff = cutoff_of(datetime.now(UTC), days)
    removed = remove_before(load_settings(), cutoff, Request(by, reference or None))
    _report(f"older than {cutoff:%Y-%m-%d}", removed)


@app.command()
def erase(user: str, by: By, reference: Reference = "") -> None:
    """Remove all data of one USER from lake, alerts and warehouse."""
    _report("of the user", erase_user(load_settings(), user, Request(by, reference or None)))


def _split(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise LineageError(f"expected COLUMN=VALUE, got {text!r}")
    return name, value


def _report(what: str, removed: dict[str, int]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    if not removed:
        console.print(f"nothing {what} was there")
    for place, count in removed.items():
        console.print(f"{place:<45}{count:>14,} removed", markup=False)


def main() -> int:
    """Run a command; an error is told on stderr, without a traceback."""
    try:
        app()
    except (SettingsError, LineageError, RemovalError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
