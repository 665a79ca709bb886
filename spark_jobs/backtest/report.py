"""A backtest on the terminal: tables, and each rule's alerts over time as a line of bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from spark_jobs.backtest.backtesting import Backtest, RuleResult, SetResult
from spark_jobs.backtest.card_precision import CardPrecision
from spark_jobs.backtest.measures import Figures
from spark_jobs.backtest.outcomes import DAY_MS

BARS = " ▁▂▃▄▅▆▇█"
BARS_WIDTH = 52
SHARE_WIDTH = 10


def render(result: Backtest) -> RenderableType:
    """Return the whole report."""
    return Group(_heading(result), _caught_table(result), _added_table(result), _over_time(result))


def day_text(day: int) -> str:
    """Return ``yyyy-mm-dd`` of a day counted from 1970-01-01."""
    return datetime.fromtimestamp(day * DAY_MS / 1000, UTC).strftime("%Y-%m-%d")


def money(cents: Mapping[str, int]) -> str:
    """Return amounts in units of their currencies."""
    return ", ".join(f"{value / 100:,.0f} {currency}" for currency, value in cents.items()) or "-"


def share(value: float | None) -> str:
    """Return a share in percent."""
    return "-" if value is None else f"{value:.1%}"


def spark_bars(values: Sequence[int], width: int = BARS_WIDTH) -> str:
    """Return values as a line of bars; neighbours are added up where there are more than ``width``."""
    size = max(1, -(-len(values) // width))
    sums = [sum(values[start : start + size]) for start in range(0, len(values), size)]
    top = max(sums, default=0)
    steps = len(BARS) - 1
    return "".join(BARS[-(-value * steps // top)] if top else BARS[0] for value in sums)


def _heading(result: Backtest) -> Text:
    asked, days = result.question, result.days
    as_of = datetime.fromtimestamp((asked.as_of_ms or 0) / 1000, UTC).strftime("%Y-%m-%d %H:%M")
    present = result.tested.figures.present
    return Text(
        f"{day_text(days.start)} to {day_text(days.stop - 1)}, {len(days)} days, {present.events:,} events, "
        f"{present.frauds:,} known frauds of {money(present.fraud_cents)}; labels as of {as_of} UTC"
    )


def _caught_table(result: Backtest) -> Table:
    k = result.question.k
    table = Table(title="What they catch", title_justify="left", expand=False)
    table.add_column("rule", no_wrap=True)
    for name in ("alerts a day", "precision", "recall", "saved", "held up", f"cards@{k}", "at best"):
        table.add_column(name, justify="right")
    for rule in result.by_rule:
        table.add_row(rule.rule.id, *_caught(rule.figures, rule.card_precision))
    for number, rules in enumerate(_sets(result)):
        table.add_row(
            rules.figures.name,
            *_caught(rules.figures, rules.card_precision),
            style="bold" if not number else "",
        )
        if not number:
            table.add_section()
    return table


def _sets(result: Backtest) -> list[SetResult]:
    live = [result.live, result.together] if result.question.live else []
    return [result.tested, *live]


def _caught(figures: Figures, cards: CardPrecision) -> list[str]:
    return [
        f"{figures.alerts_a_day:,.1f}",
        share(figures.caught.precision),
        share(figures.recall),
        money(figures.caught.fraud_cents),
        money(figures.caught.genuine_cents),
        share(cards.mean),
        share(cards.best),
    ]


def _added_table(result: Backtest) -> Table:
    table = Table(title="What each adds", title_justify="left", expand=False)
    table.add_column("rule", no_wrap=True)
    for name in ("alerts", "live too", "alone", "frauds alone", "precision alone", "saved alone"):
        table.add_column(name, justify="right")
    for rule in result.by_rule:
        alone = rule.overlap.alone
        table.add_row(
            rule.rule.id,
            f"{rule.figures.alerts:,}",
            f"{rule.overlap.shared_with_live:,}",
            f"{alone.events:,}",
            f"{alone.frauds:,}",
            share(alone.precision),
            money(alone.fraud_cents),
        )
    return table


def _over_time(result: Backtest) -> Table:
    table = Table(title="Alerts over time", title_justify="left", expand=False)
    table.add_column("rule", no_wrap=True)
    table.add_column(f"{day_text(result.days.start)} to {day_text(result.days.stop - 1)}", no_wrap=True)
    table.add_column("precision", no_wrap=True)
    table.add_column("recall", no_wrap=True)
    for rule in result.by_rule:
        table.add_row(rule.rule.id, spark_bars(rule.figures.alerts_by_day), *_share_bars(rule))
    return table


def _share_bars(rule: RuleResult) -> list[str]:
    shares = rule.figures.caught.precision, rule.figures.recall
    return ["-" if value is None else "█" * round(value * SHARE_WIDTH) for value in shares]
