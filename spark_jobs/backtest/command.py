"""A backtest from the settings to the report: the warehouse says which runs of the lake count."""

from __future__ import annotations

import json
from contextlib import closing

from pyspark.sql import DataFrame, SparkSession
from rich.console import Console

from contract.settings import Settings
from rules.fact_history import FactHistory
from spark_jobs.backtest.backtesting import Backtest, backtest
from spark_jobs.backtest.chart import write_chart
from spark_jobs.backtest.output import Output
from spark_jobs.backtest.question import BacktestError, Question
from spark_jobs.backtest.report import render
from spark_jobs.backtest.report_json import as_json
from spark_jobs.lake import read_events
from spark_jobs.progress import Progress
from spark_jobs.session import build_session
from storage.postgres import Connection, connect_batch, require_migrated, transaction

JOB = "backtest_rules"
LANDED_SQL = """
SELECT batch_id FROM warehouse.batch_runs
WHERE job = 'land_events' AND status = 'succeeded' ORDER BY run_number
"""


def run_backtest(
    settings: Settings, question: Question, facts: FactHistory, output: Output, console: Console
) -> Backtest:
    """Backtest over the landed events of the lake, print the report and write the files.

    Raises:
        SettingsError: LAKE_URI or the warehouse is not set or does not answer.
        BacktestError: nothing is landed, or a file cannot be written.
    """
    lake_uri = settings.require("lake_uri")
    output.check()
    with closing(connect_batch(settings, "tandem-backtest-rules")) as connection:
        require_migrated(connection)
        batch_ids = _landed(connection)
    if not batch_ids:
        raise BacktestError("nothing has been landed in the lake: run `make score` first")
    progress = Progress(JOB, console)
    progress.say(f"{len(question.rules)} rules over {len(batch_ids)} landed runs")
    result = backtest(question, _events(build_session(JOB), lake_uri, batch_ids), facts)
    progress.say(f"{result.tested.figures.present.events:,} events judged")
    console.print(render(result))
    _write(result, output)
    return result


def _landed(connection: Connection) -> list[str]:
    with transaction(connection) as cursor:
        cursor.execute(LANDED_SQL)
        return [batch_id for (batch_id,) in cursor.fetchall()]


def _events(spark: SparkSession, lake_uri: str, batch_ids: list[str]) -> DataFrame:
    return read_events(spark, lake_uri, batch_ids)


def _write(result: Backtest, output: Output) -> None:
    if output.png:
        write_chart(result, output.png)
    if output.json:
        output.json.write_text(json.dumps(as_json(result), indent=1) + "\n", encoding="utf-8")
