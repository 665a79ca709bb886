"""Adding one fact: checked against the rules, published, copied into the stores that are set."""

from __future__ import annotations

import getpass
import secrets
from collections.abc import Mapping

from cli.application import CommandError, console
from cli.moments import moment_ms, moment_text, now_ms
from contract.settings import Settings
from rules.dated_rules import DatedRules, dated_rules
from rules.errors import did_you_mean
from rules.expressions import ParameterValue
from rules.fact_history import FactHistory, fits
from rules.fact_messages import FactError
from rules.facts import Fact, ListEntry, ParameterValueSet, Statement
from storage.fact_mirrors import copy_facts, statement_text
from storage.facts import publish_facts, read_facts


def change(
    settings: Settings,
    statement: Statement,
    from_time: str | None,
    until_time: str | None,
    person: str | None,
    comment: str,
) -> None:
    """Publish one statement, in force from ``from_time`` (now, where None) on, and say what is so now.

    Raises:
        CommandError: a reader would refuse it, or the rules know nothing of what it is about.
    """
    changed_at_ms = now_ms()
    from_ms = moment_ms(from_time, changed_at_ms)
    until_ms = None if until_time is None else moment_ms(until_time, 0)
    kind, *names = statement.subject
    about = ".".join(names[:1] if isinstance(statement, ListEntry) else names)
    fact_id = f"{kind}:{about}:{changed_at_ms}:{secrets.token_hex(4)}"
    fact = Fact(fact_id, statement, from_ms, until_ms, person or getpass.getuser(), changed_at_ms, comment)
    try:
        publish_facts(settings, [fact])
    except FactError as error:
        raise CommandError(str(error)) from None
    copy_facts(settings, read_facts(settings))
    until = f" until {moment_text(until_ms)}" if until_ms is not None else ""
    console().print(f"{statement_text(statement)} for events from {moment_text(from_ms)}{until}")


def known_rules(history: FactHistory) -> DatedRules:
    """Return the rules that facts put in force.

    Raises:
        CommandError: there are none.
    """
    dated = dated_rules(history)
    if not dated.compiled:
        raise CommandError("no rule is on the topic of facts yet: start the stream with `make up`")
    return dated


def check_rule(history: FactHistory, rule_id: str) -> None:
    """Refuse a rule that no fact speaks of."""
    known = {rule.rule.id for rule in known_rules(history).compiled}
    if rule_id not in known:
        raise CommandError(f"no rule {rule_id[:64]}; {did_you_mean(rule_id[:64], known)}")


def parameter_change(history: FactHistory, dotted_name: str, text: str) -> ParameterValueSet:
    """Return the change of a parameter, checked against every version of its rule that has it.

    Raises:
        CommandError: no such parameter, another type, or outside its range.
    """
    known = _parameters(known_rules(history))
    if dotted_name not in known:
        if not known:
            raise CommandError("no rule has parameters")
        raise CommandError(f"no parameter {dotted_name[:128]}; {did_you_mean(dotted_name[:128], known)}")
    parameter = known[dotted_name]
    statement = ParameterValueSet(parameter.rule_id, parameter.name, _number(text, parameter))
    if not fits(parameter, Fact("f", statement, 0, None, "-", 0)):
        raise CommandError(
            f"{dotted_name}: expected {_wanted(parameter)} from {parameter.low} to {parameter.high}, "
            f"got {text[:40]}"
        )
    return statement


def check_list(history: FactHistory, name: str, *, new: bool) -> None:
    """Refuse a list that neither a rule nor a fact names, unless it is to be new."""
    rules = (listed.list for rule in dated_rules(history).compiled for listed in rule.listed)
    known = {*rules, *(subject[1] for subject in history.subjects("list_entry"))}
    if name not in known and not new:
        hint = did_you_mean(name[:64], known) if known else "there are none"
        raise CommandError(f"no rule asks about the list {name[:64]}; {hint}; --new begins a list")


def _parameters(dated: DatedRules) -> Mapping[str, ParameterValue]:
    """By dotted name; of several versions the newest."""
    return {value.dotted_name: value for rule in dated.compiled for value in rule.parameters}


def _number(text: str, parameter: ParameterValue) -> int | float:
    try:
        return int(text) if parameter.type == "integer" else float(text)
    except ValueError:
        raise CommandError(f"{parameter.dotted_name}: expected {_wanted(parameter)}") from None


def _wanted(parameter: ParameterValue) -> str:
    return "a whole number" if parameter.type == "integer" else "a number"
