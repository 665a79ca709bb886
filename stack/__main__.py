"""`python -m stack`: the embedded engines from the command line."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from contract.settings import SettingsError, load_settings
from rules.errors import RuleError
from rules.fact_messages import FactError
from rules.feature_plan import PlanError
from stack.demo import run_demo
from stack.environment import read_env
from stack.errors import StackError
from stack.folder import stack_folder
from stack.pages import write_all_pages
from stack.platform import remove_platform, start_platform, stop_platform
from stack.score import run_score
from stack.status import show_status
from stack.up import ALL_NAMES, Stack
from storage.postgres import MigrationError

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)
Only = Annotated[str, typer.Option(help=f"Some engines, comma-separated, of: {', '.join(ALL_NAMES)}.")]


@app.command()
def up(only: Only = "") -> None:
    """Start everything and wait until it answers: engines, stream jobs, exporter; or some engines alone."""
    load_settings()
    stack = Stack(stack_folder())
    if only:
        stack.up(_names(only))
    else:
        start_platform(stack)


@app.command()
def down(only: Only = "") -> None:
    """Stop everything in order: stream jobs first; or some engines alone."""
    stack = Stack(stack_folder())
    if only:
        stack.down(_names(only))
    else:
        stop_platform(stack)


@app.command()
def status(only: Only = "") -> None:
    """Show each engine, its address, version and health; exit with 1 when something is down."""
    if not show_status(Stack(stack_folder()), _names(only), jobs=not only):
        raise typer.Exit(1)


@app.command()
def demo() -> None:
    """Run the whole platform on a seeded stream with planted fraud, and sum up; the stack stays up."""
    load_settings()
    raise typer.Exit(run_demo(Stack(stack_folder())))


@app.command()
def score() -> None:
    """One batch run over what is new: land, score, reconcile."""
    values = read_env(stack_folder().env)
    if not values:
        raise StackError("there is no stack yet: run `make up` first")
    raise typer.Exit(run_score(values))


@app.command()
def pages() -> None:
    """Write the reference pages of events, settings and the warehouse anew."""
    write_all_pages()


@app.command()
def clean() -> None:
    """Stop everything and delete the stack's data."""
    remove_platform(Stack(stack_folder()))


def _names(only: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in only.split(",") if name.strip())
    unknown = [name for name in names if name not in ALL_NAMES]
    if unknown:
        raise StackError(f"--only {only}: no engine {unknown[0]}; expected some of {', '.join(ALL_NAMES)}")
    return names or ALL_NAMES


def main() -> int:
    """Run a command; an error is told on stderr, without a traceback."""
    try:
        app()
    except (StackError, SettingsError, MigrationError, RuleError, PlanError, FactError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
