"""``tandem rules deploy``: new rules and versions go live, their windows filled from the lake."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated

import typer

from cli.application import CommandError, console, rules
from cli.fact_changes import copy_facts
from cli.moments import moment_ms, now_ms
from rules.catalog import load_rule
from rules.dated_rules import dated_rules, rule_change
from rules.fact_history import FactHistory
from rules.facts import Fact
from rules.feature_plan import plan_features
from stack.environment import read_env, settings_of
from stack.errors import StackError
from stack.folder import stack_folder
from stack.jobs import StreamJobs
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
    folder = stack_folder()
    values = read_env(folder.env)
    if not values:
        raise CommandError("there is no stack yet: run `make up` first")
    settings = settings_of(values)
    person, changed_at_ms = by or getpass.getuser(), now_ms()
    from_ms = moment_ms(from_time, changed_at_ms)
    history = read_facts(settings)
    facts = [_fact(file, history, from_ms, person, changed_at_ms, comment) for file in files or []]
    running = [entry.rule for entry in dated_rules(history).compiled]
    plan_features([*running, *(load_rule(file) for file in files or [])])
    try:
        StreamJobs(folder, values).start(console().print, facts)
    except StackError as error:
        raise CommandError(str(error)) from None
    copy_facts(settings, read_facts(settings))


def _fact(
    file: Path, history: FactHistory, from_ms: int, person: str, changed_at_ms: int, comment: str
) -> Fact:
    if not file.is_file():
        raise CommandError(f"{file}: expected a rule file, found none")
    rule = load_rule(file)
    text = file.read_text(encoding="utf-8")
    fact = rule_change(rule, text, history, from_ms, person, changed_at_ms, comment)
    if fact is None:
        raise CommandError(
            f"{file}: version {rule.version} of {rule.id} is on the topic of facts already, or a newer one: "
            "raise its version"
        )
    return fact
