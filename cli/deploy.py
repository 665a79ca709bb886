"""``tandem rules deploy``: new rules and versions go live, their windows filled from the lake."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated

import typer

from cli.application import CommandError, console, rules
from cli.moments import moment_ms
from rules.catalog import Rule, load_rule
from rules.dated_rules import dated_rules, rule_change
from rules.fact_history import FactHistory
from rules.fact_messages import FactError
from rules.facts import Fact
from rules.feature_plan import plan_features
from stack.environment import read_env, settings_of
from stack.errors import StackError
from stack.folder import stack_folder
from stack.jobs import LEAD_MS, StreamJobs
from stack.up import Stack
from storage.facts import read_facts


@rules.command("deploy")
def deploy(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Rule files; what is new in the catalog when none is given.")
    ] = None,
    from_time: Annotated[
        str | None, typer.Option("--from", help="Event time from which they hold; now where absent.")
    ] = None,
    by: Annotated[str | None, typer.Option(help="Who changes it; your login where absent.")] = None,
    comment: Annotated[str, typer.Option(help="Why, at most 500 characters.")] = "",
) -> None:
    """Take rules live without a gap: a second run is warmed up from the lake and takes over."""
    stack = Stack(stack_folder())
    values = read_env(stack.folder.env)
    if not values:
        raise CommandError("there is no stack yet: run `make up` first")
    settings, rules_given = settings_of(values), [_rule(file) for file in files or []]
    running = [entry.rule for entry in dated_rules(read_facts(settings)).compiled]
    plan_features([*running, *(rule for rule, _ in rules_given)])
    person = by or getpass.getuser()

    def wanted(history: FactHistory, now_ms: int) -> list[Fact]:
        from_ms = moment_ms(from_time, now_ms + LEAD_MS)
        return [_fact(given, history, from_ms, person, now_ms, comment) for given in rules_given]

    try:
        with stack.locked(console().print):
            StreamJobs(stack.folder, values).start(console().print, wanted)
    except (StackError, FactError) as error:
        raise CommandError(str(error)) from None


def _rule(file: Path) -> tuple[Rule, str]:
    if not file.is_file():
        raise CommandError(f"{file}: expected a rule file, found none")
    return load_rule(file), file.read_text(encoding="utf-8")


def _fact(
    given: tuple[Rule, str], history: FactHistory, from_ms: int, person: str, now_ms: int, comment: str
) -> Fact:
    rule, text = given
    fact = rule_change(rule, text, history, from_ms, person, now_ms, comment)
    if fact is None:
        raise CommandError(
            f"version {rule.version} of {rule.id} is on the topic of facts already, or a newer one: raise "
            "its version, or deploy without files to go on with what was broken off"
        )
    return fact
