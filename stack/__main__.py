"""`python -m stack`: the embedded engines from the command line."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from contract.settings import SettingsError
from stack.errors import StackError
from stack.folder import stack_folder
from stack.status import show_status
from stack.up import ENGINE_NAMES, Stack

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)
Only = Annotated[str, typer.Option(help=f"Some engines, comma-separated, of: {', '.join(ENGINE_NAMES)}.")]


@app.command()
def up(only: Only = "") -> None:
    """Start the engines and wait until they answer."""
    Stack(stack_folder()).up(_names(only))


@app.command()
def down(only: Only = "") -> None:
    """Stop the engines in order."""
    Stack(stack_folder()).down(_names(only))


@app.command()
def status(only: Only = "") -> None:
    """Show each engine, its address, version and health; exit with 1 when something is down."""
    if not show_status(Stack(stack_folder()), _names(only)):
        raise typer.Exit(1)


def _names(only: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in only.split(",") if name.strip())
    unknown = [name for name in names if name not in ENGINE_NAMES]
    if unknown:
        raise StackError(f"--only {only}: no engine {unknown[0]}; expected some of {', '.join(ENGINE_NAMES)}")
    return names or ENGINE_NAMES


def main() -> int:
    """Run a command; an error is told on stderr, without a traceback."""
    try:
        app(standalone_mode=False)
    except (StackError, SettingsError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except typer.Exit as exit_:
        return exit_.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
