"""What a backtest prints and draws."""

from __future__ import annotations

import struct
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from rules.catalog import Rule, load_rule
from spark_jobs.backtest.backtesting import Backtest, measure_history
from spark_jobs.backtest.chart import write_chart
from spark_jobs.backtest.outcomes import History, KnownFraud, Outcome
from spark_jobs.backtest.question import Question
from spark_jobs.backtest.report import render, spark_bars
from tests.backtest.histories import FIRST_DAY, rule_text


def load(folder: Path, rule_id: str) -> Rule:
    file = folder / f"{rule_id}.yaml"
    file.write_text(rule_text(rule_id))
    return load_rule(file)


@pytest.fixture
def result(tmp_path: Path) -> Backtest:
    question = Question(
        (load(tmp_path, "large"),),
        (load(tmp_path, "abroad"),),
        FIRST_DAY,
        FIRST_DAY + 9,
        as_of_ms=(FIRST_DAY + 20) * 86_400_000,
        k=10,
    )
    outcomes = [
        Outcome(FIRST_DAY, "transaction", "card-1", frozenset({0}), "fraud", "EUR", 3, 123_400),
        Outcome(FIRST_DAY, "transaction", "card-2", frozenset({0, 1}), "genuine", "EUR", 1, 99_900),
        Outcome(FIRST_DAY + 4, "transaction", "card-3", frozenset(), "fraud", "EUR", 1, 5_000),
        Outcome(FIRST_DAY + 9, "transaction", None, frozenset(), "genuine", "EUR", 95, 1),
    ]
    known = [KnownFraud("card-1", FIRST_DAY + 7)]
    return measure_history(question, History(FIRST_DAY, FIRST_DAY + 9, outcomes, known))


def printed(result: Backtest) -> str:
    console = Console(width=130, record=True, file=StringIO())
    console.print(render(result))
    return console.export_text()


def test_the_report_gives_each_rule_its_figures(result: Backtest) -> None:
    text = printed(result)
    assert "2024-10-04 to 2024-10-13, 10 days, 100 events, 4 known frauds of 1,284 EUR" in text
    (caught,) = [line for line in text.splitlines() if line.startswith("│ large") and "0.4" in line]
    cells = [cell.strip() for cell in caught.strip("│").split("│")]
    assert cells == ["large", "0.4", "75.0%", "75.0%", "1,234 EUR", "999 EUR", "1.0%", "2.0%"]


def test_the_report_says_what_a_rule_adds(result: Backtest) -> None:
    added = printed(result).split("What each adds")[1].splitlines()[4]
    cells = [cell.strip() for cell in added.strip("│").split("│")]
    assert cells == ["large", "4", "1", "3", "3", "100.0%", "1,234 EUR"]


def test_bars_over_time_add_neighbours_up_and_show_the_smallest() -> None:
    assert spark_bars([0, 1, 4, 8]) == " ▁▄█"
    assert spark_bars([4, 4, 1, 0, 0, 0], width=3) == "█▁ "
    assert spark_bars([0, 0]) == "  "


@pytest.mark.parametrize("with_live", [True, False])
def test_the_chart_is_a_png_of_its_size(result: Backtest, tmp_path: Path, with_live: bool) -> None:
    live = result.question.live if with_live else ()
    write_chart(replace(result, question=replace(result.question, live=live)), tmp_path / "chart.png")
    content = (tmp_path / "chart.png").read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", content[16:24]) == (1540, 1320)
    assert len(content) > 20_000
