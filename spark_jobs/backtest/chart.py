"""A backtest as a picture: one PNG a set of rules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from spark_jobs.backtest.backtesting import Backtest, RuleResult
from spark_jobs.backtest.card_precision import CardPrecision
from spark_jobs.backtest.outcomes import DAY_MS
from spark_jobs.backtest.report import day_text

TESTED, LIVE, FRAUD, OTHER = "#2a6f97", "#e09f3e", "#c1121f", "#adb5bd"
INCHES = (14.0, 12.0)
DOTS_PER_INCH = 110
SMOOTHED_DAYS = 7


def write_chart(result: Backtest, file: Path) -> None:
    """Write the chart of a backtest as a PNG."""
    figure = Figure(figsize=INCHES, dpi=DOTS_PER_INCH, layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(3, 2)
    _draw_alerts(figure.add_subplot(grid[0, :]), result)
    _draw_shares(figure.add_subplot(grid[1, 0]), result)
    _draw_card_precision(figure.add_subplot(grid[1, 1]), result)
    _draw_saved(figure.add_subplot(grid[2, 0]), result)
    _draw_overlap(figure.add_subplot(grid[2, 1]), result)
    days = result.days
    figure.suptitle(f"Backtest, {day_text(days.start)} to {day_text(days.stop - 1)}", fontsize=14)
    figure.savefig(file, format="png")


def _draw_alerts(axes: Any, result: Backtest) -> None:
    figures, days = result.tested.figures, _dates(result.days)
    axes.set_title("Alerts a day of the tested rules, and the known frauds among their events")
    axes.bar(days, figures.alerts_by_day, width=1.0, color=OTHER, label="alerts")
    axes.bar(days, figures.frauds_by_day, width=1.0, color=FRAUD, label="known frauds with an alert")
    if result.question.live:
        axes.step(
            days, result.live.figures.alerts_by_day, where="mid", color=LIVE, label="alerts of the live rules"
        )
    axes.margins(y=0.2)
    axes.legend(loc="upper left", ncols=3)
    _date_axis(axes)


def _draw_shares(axes: Any, result: Backtest) -> None:
    axes.set_title("Precision (95% interval) and recall")
    for row, rule in enumerate(result.by_rule):
        interval = rule.figures.precision_interval
        precision = rule.figures.caught.precision
        axes.barh(
            row - 0.2, precision or 0, height=0.38, color=TESTED, label="precision" if not row else None
        )
        axes.barh(
            row + 0.2, rule.figures.recall or 0, height=0.38, color=OTHER, label="recall" if not row else None
        )
        if interval:
            axes.plot(interval, (row - 0.2, row - 0.2), color="black", linewidth=1.5)
    axes.set_xlim(0, 1)
    _rule_axis(axes, result.by_rule)
    axes.legend(loc="lower right")


def _draw_card_precision(axes: Any, result: Backtest) -> None:
    k = result.question.k
    axes.set_title(f"Card precision at {k}, {SMOOTHED_DAYS} days' mean")
    lines = [("tested rules", result.tested.card_precision, TESTED)]
    if result.question.live:
        lines.append(("live rules", result.live.card_precision, LIVE))
    for name, cards, colour in lines:
        days = list(cards.hits_by_day)
        axes.plot(
            _dates(days),
            _smoothed([hits / k for hits in cards.hits_by_day.values()]),
            color=colour,
            label=name,
        )
    best = result.tested.card_precision
    axes.plot(
        _dates(list(best.compromised_by_day)), _smoothed(_best_by_day(best)), color=OTHER, label="at best"
    )
    axes.set_ylim(bottom=0)
    axes.legend(loc="upper right")
    _date_axis(axes)


def _draw_saved(axes: Any, result: Backtest) -> None:
    currency = _main_currency(result)
    axes.set_title(f"Amount saved, {currency}" if currency else "Amount saved: no known fraud has an amount")
    for row, rule in enumerate(result.by_rule):
        saved = rule.figures.caught.fraud_cents.get(currency, 0) / 100
        alone = rule.overlap.alone.fraud_cents.get(currency, 0) / 100
        axes.barh(row, saved, color=OTHER, label="in all" if not row else None)
        axes.barh(row, alone, color=TESTED, label="by this rule alone" if not row else None)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    _rule_axis(axes, result.by_rule)
    axes.legend(loc="lower right")


def _draw_overlap(axes: Any, result: Backtest) -> None:
    if not result.question.live:
        axes.set_title("No live rules to compare with")
        axes.set_axis_off()
        return
    axes.set_title("Share of the tested rule's events that a live rule alerts on too")
    shares = [_overlap_shares(rule) for rule in result.by_rule]
    axes.imshow(shares, vmin=0, vmax=1, cmap="Blues", aspect="auto")
    for row, values in enumerate(shares):
        for column, value in enumerate(values):
            colour = "white" if value > 0.5 else "black"
            axes.text(column, row, f"{value:.0%}", ha="center", va="center", color=colour, fontsize=7)
    axes.set_xticks(
        range(len(result.question.live)),
        [rule.id for rule in result.question.live],
        rotation=40,
        ha="right",
        fontsize=7,
    )
    axes.set_yticks(range(len(result.by_rule)), [rule.rule.id for rule in result.by_rule], fontsize=8)


def _overlap_shares(rule: RuleResult) -> list[float]:
    events = rule.figures.caught.events
    return [shared / events if events else 0.0 for shared in rule.overlap.shared_by_rule.values()]


def _rule_axis(axes: Any, rules: Sequence[RuleResult]) -> None:
    axes.set_yticks(range(len(rules)), [rule.rule.id for rule in rules], fontsize=8)
    axes.invert_yaxis()


def _date_axis(axes: Any) -> None:
    locator = AutoDateLocator(maxticks=8)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))


def _dates(days: Sequence[int]) -> list[date]:
    return [datetime.fromtimestamp(day * DAY_MS / 1000, UTC).date() for day in days]


def _best_by_day(cards: CardPrecision) -> list[float]:
    return [min(cards.k, number) / cards.k for number in cards.compromised_by_day.values()]


def _smoothed(values: Sequence[float]) -> list[float]:
    """Return the mean of each value and those before it, over at most SMOOTHED_DAYS."""
    return [
        sum(part) / len(part)
        for end in range(1, len(values) + 1)
        if (part := values[max(0, end - SMOOTHED_DAYS) : end])
    ]


def _main_currency(result: Backtest) -> str:
    cents = result.tested.figures.present.fraud_cents
    return max(cents, key=lambda currency: cents[currency], default="")
