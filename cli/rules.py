"""``tandem rules check|list|show``: rules as they stand in files, without an engine."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cli.application import CommandError, console, rules
from rules.catalog import CATALOG, Rule, load_catalog, load_rule
from rules.compiler import compile_rule
from rules.dialects import Engine
from rules.errors import RuleError, did_you_mean
from rules.feature_plan import plan_features

Catalog = Annotated[
    Path, typer.Option(help="The folder of the rules.", envvar="RULE_CATALOG", exists=True, file_okay=False)
]


class EngineName(StrEnum):
    """The engines that a rule is compiled for."""

    FLINK = "flink"
    SPARK = "spark"


@rules.command()
def check(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Rule files; the whole catalog when none is given.")
    ] = None,
    catalog: Catalog = CATALOG,
) -> None:
    """Check rules; every mistake is one line with its place: file:line:column: problem; suggestion."""
    standing = {} if files else {rule.id: rule for rule in load_catalog(catalog)}
    checked, refused = _checked(files or [])
    if refused:
        raise CommandError("\nerror: ".join([str(error) for error in refused]))
    if files:
        standing = {rule.id: rule for rule in load_catalog(catalog)} | checked
    plan = plan_features(standing.values())
    asked = checked or standing
    named = {feature for rule in asked.values() for feature in rule.features.values()}
    console().print(
        f"{len(asked)} rules, {len(named)} windowed features: no mistakes; "
        f"the whole set computes {len(plan.features)} features in {len(plan.steps)} keyed steps"
    )


@rules.command("list")
def list_rules(catalog: Catalog = CATALOG) -> None:
    """List the rules of the catalog."""
    table = Table(box=None, pad_edge=False)
    for column in ("rule", "version", "on", "severity", "features", "what it finds"):
        table.add_column(column, no_wrap=column != "what it finds")
    for rule in load_catalog(catalog):
        row = (rule.id, str(rule.version), rule.on, rule.severity, str(len(rule.features)), _line(rule.doc))
        table.add_row(*map(escape, row))
    console().print(table)


@rules.command()
def show(
    rule_id: Annotated[str, typer.Argument(metavar="ID", help="The id of a rule of the catalog.")],
    engine: Annotated[EngineName | None, typer.Option(help="Show the SQL of an engine.")] = None,
    catalog: Catalog = CATALOG,
) -> None:
    """Show what a rule reads, or what an engine is given."""
    standing = {rule.id: rule for rule in load_catalog(catalog)}
    if rule_id not in standing:
        raise CommandError(f"no rule {rule_id[:64]} in {catalog}; {did_you_mean(rule_id[:64], standing)}")
    rule = standing[rule_id]
    lines = _sql_lines(rule, engine) if engine else _text_lines(rule)
    typer.echo("\n".join(lines))


def _checked(files: list[Path]) -> tuple[dict[str, Rule], list[RuleError]]:
    checked: dict[str, Rule] = {}
    refused: list[RuleError] = []
    for file in files:
        try:
            rule = load_rule(file)
        except RuleError as error:
            refused.append(error)
            continue
        if rule.id in checked:
            refused.append(RuleError(f"id {rule.id} is used by another file too", file, 1, 1))
        checked[rule.id] = rule
    return checked, refused


def _text_lines(rule: Rule) -> list[str]:
    lines = [
        f"{rule.id} version {rule.version}, on {rule.on}, {rule.severity}",
        rule.doc,
        f"when {rule.when}",
    ]
    for name, feature in rule.features.items():
        lines.append(f"feature {name}: {feature.text}")
    for name, parameter in rule.parameters.items():
        lines.append(f"parameter {name}: {parameter.default} ({parameter.low}..{parameter.high})")
    lines += [f"list {name}" for name in rule.lists]
    evidence = ", ".join(value.name for value in rule.evidence_values)
    return [*lines, f"evidence {evidence}", f"message {rule.message}", f"source {_line(rule.source)}"]


def _line(text: str) -> str:
    return " ".join(text.split())


def _sql_lines(rule: Rule, engine: EngineName) -> list[str]:
    compiled = compile_rule(rule)
    dialect: Engine = engine.value
    lines = [f"condition {compiled.condition(dialect)}"]
    lines += [f"evidence {name}: {sql}" for name, sql in compiled.evidence(dialect).items()]
    lines += [f"message {compiled.message_sql(dialect)}"]
    plan = plan_features([rule])
    for step in plan.steps:
        names = [planned.feature.column for planned in step.features]
        lines.append(f"step by {step.key}: {', '.join(names) or 'duplicates are dropped'}")
    return lines
