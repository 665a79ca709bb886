"""``tandem rules backtest``: what rules would have caught, over the history in the lake."""

from __future__ import annotations

from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cli.application import CommandError, console, rules
from contract.settings import Settings, load_settings
from rules.catalog import CATALOG
from rules.fact_history import FactHistory
from spark_jobs.backtest.known_facts import known_facts, parse_trial
from spark_jobs.backtest.output import Output
from spark_jobs.backtest.question import BacktestError, Question, choose_rules

EPOCH = date(1970, 1, 1)


class LabelClock(StrEnum):
    """Which time of a label says when it arrived."""

    EVENT_TIME = "event_time"
    APPEND_TIME = "append_time"


Names = Annotated[
    list[str], typer.Argument(metavar="FILES|IDS", help="Rule files, folders of them, or ids of the catalog.")
]


@rules.command()
def backtest(
    names: Names,
    lake: Annotated[str | None, typer.Option(metavar="URI", help="The lake; LAKE_URI when unset.")] = None,
    first: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], help="First day, UTC; the lake's when unset."),
    ] = None,
    last: Annotated[
        datetime | None,
        typer.Option("--to", formats=["%Y-%m-%d"], help="Last day, included; the lake's when unset."),
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(help="Labels count that had arrived by then, UTC; the lake's newest event when unset."),
    ] = None,
    label_clock: Annotated[
        LabelClock, typer.Option(help="Which time of a label says when it arrived.")
    ] = LabelClock.EVENT_TIME,
    settled_days: Annotated[
        int, typer.Option(min=0, help="Without a label, an event so old counts as genuine.")
    ] = 7,
    k: Annotated[int, typer.Option("--k", min=1, help="Cards that the team can look at in a day.")] = 100,
    blocked_days: Annotated[
        int | None, typer.Option(min=1, help="Days that a card known as compromised is left out; for good.")
    ] = None,
    png: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the chart there.")] = None,
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="Write all figures there.")] = None,
    facts: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Facts to try, JSON lines, beside the platform's.")
    ] = None,
    trials: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="RULE.NAME=VALUE", help="Try a parameter's value, at all times."),
    ] = None,
    catalog: Annotated[
        Path,
        typer.Option(
            help="The folder of the live rules.", envvar="RULE_CATALOG", exists=True, file_okay=False
        ),
    ] = CATALOG,
) -> None:
    """Test rules that are not live on the history in the lake, beside those that are."""
    try:
        tested, live = choose_rules(names, catalog)
        question = Question(
            tested,
            live,
            _day(first),
            _day(last),
            _ms(as_of),
            label_clock.value,
            settled_days,
            k,
            blocked_days,
        )
        wanted = [parse_trial(text, question.rules) for text in trials or ()]
        settings = _settings(lake)
        _run(settings, question, known_facts(settings, facts, wanted), Output(png, json))
    except BacktestError as error:
        raise CommandError(str(error)) from None


def _run(settings: Settings, question: Question, facts: FactHistory, output: Output) -> None:
    """Import Spark here: the other commands start without it."""
    from spark_jobs.backtest.command import run_backtest

    run_backtest(settings, question, facts, output, console())


def _settings(lake: str | None) -> Settings:
    settings = load_settings()
    return settings.model_copy(update={"lake_uri": lake}) if lake else settings


def _day(when: datetime | None) -> int | None:
    return None if when is None else (when.date() - EPOCH).days


def _ms(when: datetime | None) -> int | None:
    if when is None:
        return None
    aware = when if when.tzinfo else when.replace(tzinfo=UTC)
    return round(aware.timestamp() * 1000)
