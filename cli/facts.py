"""``tandem facts``, ``parameter``, ``list`` and ``rules on|off|shadow``: what holds, and changing it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cli.application import console, facts, lists, parameter, rules
from cli.fact_changes import change, check_list, check_rule, known_rules, parameter_change
from cli.moments import moment_ms, moment_text, now_ms
from contract.settings import load_settings
from rules.compiler import CompiledRule
from rules.fact_history import FactHistory, StoredFact
from rules.facts import ListEntry, Mode, RuleMode
from storage.fact_mirrors import copy_facts, statement_text, subject_text
from storage.facts import read_facts

RuleId = Annotated[str, typer.Argument(metavar="ID", help="The id of a rule.")]
ListName = Annotated[str, typer.Argument(metavar="LIST", help="The name of a list.")]
ListValue = Annotated[str, typer.Argument(metavar="VALUE", help="What is put on it or taken off it.")]
From = Annotated[str | None, typer.Option("--from", help="Event time from which it holds; now where absent.")]
Until = Annotated[str | None, typer.Option(help="Event time from which it no longer holds.")]
By = Annotated[str | None, typer.Option(help="Who changes it; your login where absent.")]
Comment = Annotated[str, typer.Option(help="Why, at most 500 characters.")]
New = Annotated[bool, typer.Option("--new", help="Begin a list that no rule asks about yet.")]


@facts.command("list")
def list_facts(
    at: Annotated[str | None, typer.Option(help="Event time to look at; now where absent.")] = None,
) -> None:
    """Show what is in force: rules with their modes, parameters, entries of lists."""
    settings = load_settings()
    history = read_facts(settings)
    copy_facts(settings, history)
    at_ms = moment_ms(at, now_ms())
    table = _table("what", "in force", "since", "until", "by")
    for row in (*_rule_rows(history, at_ms), *_list_rows(history, at_ms)):
        table.add_row(*map(escape, row))
    console().print(table)
    if history.refused:
        console().print(f"{len(history.refused)} messages of the topic are no facts and have no effect")


@facts.command("history")
def show_history(
    subject: Annotated[str, typer.Argument(help="A rule, rule.parameter or list; all where absent.")] = "",
) -> None:
    """Show every change: who said what, when, and for which event times."""
    history = read_facts(load_settings())
    table = _table("said at", "by", "what", "from", "until", "comment", "fact")
    for stored in history.stored:
        about = subject_text(stored)
        if subject and about != subject and not about.startswith((f"{subject}.", f"{subject}/")):
            continue
        fact = stored.fact
        times = (
            moment_text(fact.from_event_time_ms or None, "ever"),
            moment_text(fact.until_event_time_ms),
        )
        said = statement_text(fact.statement)
        row = (moment_text(fact.changed_at_ms), fact.changed_by, said, *times, fact.comment, fact.fact_id)
        table.add_row(*map(escape, row))
    console().print(table)


@parameter.command("set")
def set_parameter(
    name: Annotated[str, typer.Argument(metavar="RULE.NAME", help="The parameter of a rule.")],
    value: Annotated[str, typer.Argument(help="Its value, within the range that the rule names.")],
    from_time: From = None,
    until: Until = None,
    by: By = None,
    comment: Comment = "",
) -> None:
    """Change a threshold of a rule from an event time on."""
    settings = load_settings()
    statement = parameter_change(read_facts(settings), name, value)
    change(settings, statement, from_time, until, by, comment)


@lists.command("add")
def add_to_list(
    name: ListName,
    value: ListValue,
    from_time: From = None,
    until: Until = None,
    by: By = None,
    comment: Comment = "",
    new: New = False,
) -> None:
    """Put a value on a list."""
    settings = load_settings()
    check_list(read_facts(settings), name, new=new)
    change(settings, ListEntry(name, value, True), from_time, until, by, comment)


@lists.command("remove")
def remove_from_list(
    name: ListName,
    value: ListValue,
    from_time: From = None,
    until: Until = None,
    by: By = None,
    comment: Comment = "",
) -> None:
    """Take a value off a list."""
    settings = load_settings()
    check_list(read_facts(settings), name, new=False)
    change(settings, ListEntry(name, value, False), from_time, until, by, comment)


@rules.command("on")
def switch_on(
    rule_id: RuleId, from_time: From = None, until: Until = None, by: By = None, comment: Comment = ""
) -> None:
    """Let a rule alert analysts."""
    _switch(rule_id, "on", from_time, until, by, comment)


@rules.command("off")
def switch_off(
    rule_id: RuleId, from_time: From = None, until: Until = None, by: By = None, comment: Comment = ""
) -> None:
    """Silence a rule."""
    _switch(rule_id, "off", from_time, until, by, comment)


@rules.command("shadow")
def switch_to_shadow(
    rule_id: RuleId, from_time: From = None, until: Until = None, by: By = None, comment: Comment = ""
) -> None:
    """Let a rule alert into the collection shadow_alerts only, away from analysts."""
    _switch(rule_id, "shadow", from_time, until, by, comment)


def _switch(
    rule_id: str, mode: Mode, from_time: str | None, until: str | None, by: str | None, comment: str
) -> None:
    settings = load_settings()
    check_rule(read_facts(settings), rule_id)
    change(settings, RuleMode(rule_id, mode), from_time, until, by, comment)


def _rule_rows(history: FactHistory, at_ms: int) -> Iterator[tuple[str, ...]]:
    for rule in known_rules(history).compiled:
        if not _in_force(rule, at_ms):
            continue
        subject = ("rule", rule.rule.id)
        mode = history.in_force(("rule_mode", rule.rule.id), at_ms)
        said = f"version {rule.rule.version}, {history.mode(rule.rule.id, at_ms)}"
        yield (rule.rule.id, said, *_since(mode or history.in_force(subject, at_ms)))
        for value in rule.parameters:
            stored = history.in_force(("parameter", value.rule_id, value.name), at_ms)
            yield (f"  {value.dotted_name}", str(history.value(value, at_ms)), *_since(stored))


def _list_rows(history: FactHistory, at_ms: int) -> Iterator[tuple[str, ...]]:
    for subject in history.subjects("list_entry"):
        stored = history.in_force(subject, at_ms)
        if stored and isinstance(stored.fact.statement, ListEntry) and stored.fact.statement.listed:
            yield (f"list {subject[1]}", subject[2], *_since(stored))


def _since(stored: StoredFact | None) -> tuple[str, str, str]:
    if stored is None:
        return ("", "", "the rule")
    fact = stored.fact
    since = moment_text(fact.from_event_time_ms or None, "ever")
    return (since, moment_text(fact.until_event_time_ms), fact.changed_by)


def _in_force(rule: CompiledRule, at_ms: int) -> bool:
    from_ms, until_ms = rule.from_event_time_ms, rule.until_event_time_ms
    return (from_ms is None or from_ms <= at_ms) and (until_ms is None or at_ms < until_ms)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column)
    return table
