"""The groups of commands, and what their errors look like."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import typer
from rich.console import Console

import cli
from contract.settings import SettingsError
from rules.errors import RuleError
from rules.feature_plan import PlanError


class CommandError(Exception):
    """A command that cannot do what was asked; the text says what was expected, what came, what to do."""


EXPECTED = (CommandError, PlanError, RuleError, SettingsError)
"""Errors that a person can mend: one line, without a traceback."""

EXIT_REFUSED = 2
WIDTH_IN_A_FILE = 200


def _group(name: str, text: str) -> typer.Typer:
    group = typer.Typer(help=text, no_args_is_help=True)
    tandem.add_typer(group, name=name)
    return group


tandem = typer.Typer(
    name="tandem",
    help="Rules, facts and alerts of the fraud and credit-risk platform.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
rules = _group("rules", "Rules: check, list and show them, test them on history, take them live.")
facts = _group("facts", "Dated facts: what was in force when, who changed it.")
parameter = _group("parameter", "Thresholds of rules.")
lists = _group("list", "Lists that rules ask about.")
alert = _group("alert", "Alerts and why they fired.")


def console() -> Console:
    """Return where results are printed."""
    return Console(width=None if sys.stdout.isatty() else WIDTH_IN_A_FILE, highlight=False, soft_wrap=True)


def load_commands() -> typer.Typer:
    """Import every module of this folder, so that its commands are registered."""
    for module in pkgutil.iter_modules(cli.__path__):
        if module.name != "__main__":
            importlib.import_module(f"cli.{module.name}")
    return tandem


def main() -> None:
    """Run a command; exit 2 when what was asked for is wrong."""
    try:
        load_commands()(prog_name="tandem")
    except EXPECTED as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(EXIT_REFUSED)
