"""``tandem rules backtest`` on a landed lake, and what it refuses before Spark starts."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from pyspark.sql import SparkSession
from typer.main import get_command
from typer.testing import CliRunner

from cli.application import CommandError, load_commands
from contract.names import BATCH_ROLE
from contract.settings import Settings, SettingsError
from spark_jobs.lake import write_events
from spark_jobs.landing import Landing, land_files
from spark_jobs.progress import Progress
from storage.postgres import connect
from tests.backtest.histories import draw_history, rule_text
from tests.backtest.test_lake_backtest import table
from tests.batch.platform import dsn_as, empty_warehouse, environment_of

DOCS = Path(__file__).parents[2] / "docs" / "backtest.md"
PLACE = ("topic", "partition", "offset", "append_time_ms")


@pytest.fixture
def rule(tmp_path: Path) -> Path:
    file = tmp_path / "large.yaml"
    file.write_text(rule_text("large"))
    return file


@pytest.fixture
def landed(postgres: str, settings: Callable[..., Settings], tmp_path: Path) -> Settings:
    """Settings of an empty warehouse and lake, without a Kafka."""
    found = settings(lake_uri=str(tmp_path / "lake"), kafka_bootstrap_servers=None)
    empty_warehouse(found)
    return found.model_copy(update={"postgres_batch_dsn": SecretStr(dsn_as(found, BATCH_ROLE))})


def call(monkeypatch: pytest.MonkeyPatch, settings: Settings | None, *arguments: object) -> str:
    """Run the command in this process with these settings alone; give what it prints."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    if settings:
        for name, value in environment_of(settings, {}).items():
            monkeypatch.setenv(name, value)
    given = ["rules", "backtest", *map(str, arguments)]
    result = CliRunner().invoke(load_commands(), given, catch_exceptions=True)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


@pytest.mark.engines
def test_the_landed_runs_of_the_lake_are_read_and_no_other_folder(
    spark: SparkSession, landed: Settings, rule: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = draw_history(seed=11, number=200)
    land(spark, landed, tmp_path / "events.jsonl", events)
    stray = table(spark, [event | {"event_id": f"x{event['event_id']}"} for event in events])
    write_events(stray, landed.require("lake_uri"), "land_events-of-a-run-that-died")
    png, figures = tmp_path / "chart.png", tmp_path / "figures.json"
    printed = call(monkeypatch, landed, rule, "--png", png, "--json", figures, "--to", "2024-10-10")
    first_days = [event for event in events if event["event_time_ms"] < 1_728_604_800_000]
    alerts = sum(event["amount_cents"] > 60_000 for event in first_days if event["amount_cents"] is not None)
    (found,) = json.loads(figures.read_text())["rules"]
    assert found["alerts"] == alerts > 3
    assert "What they catch" in printed
    assert png.read_bytes().startswith(b"\x89PNG")


def land(spark: SparkSession, settings: Settings, file: Path, events: list[dict[str, Any]]) -> None:
    rows = [
        {name: value for name, value in event.items() if value is not None and name not in PLACE}
        for event in events
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with closing(connect(settings.batch_dsn)) as connection:
        land_files(Landing(spark, settings, connection, Progress("land_events")), str(file))


@pytest.mark.engines
def test_an_empty_lake_is_refused(landed: Settings, rule: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandError, match="nothing has been landed in the lake"):
        call(monkeypatch, landed, rule)


def test_a_lake_that_is_not_set_is_named(rule: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="LAKE_URI is not set"):
        call(monkeypatch, None, rule)


def test_a_folder_to_write_into_that_is_not_there_is_refused_at_once(
    rule: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CommandError, match=r"chart\.png: there is no folder"):
        call(monkeypatch, None, rule, "--lake", tmp_path, "--png", tmp_path / "none" / "chart.png")


def test_every_option_is_in_its_page() -> None:
    text = DOCS.read_text(encoding="utf-8")
    command: Any = get_command(load_commands())
    options = [
        option for entry in command.commands["rules"].commands["backtest"].params for option in entry.opts
    ]
    named = [option for option in options if option.startswith("--") and option != "--help"]
    assert len(named) > 10
    assert [option for option in named if f"`{option}`" not in text] == []
