"""``spark-submit spark_jobs/score_fraud.py``: the fraud score of transactions that are new.

New are those of landed runs that ``score_risk`` has loaded and that no run of this job has taken in.
Without a model in force, or with one that is broken, nothing is taken in: ``warehouse.model_uses`` says
why, and the transactions wait.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pyspark.errors import PythonException
from pyspark.sql import SparkSession

from contract.settings import Settings, load_settings
from risk_models.lake import landed_runs
from risk_models.published import FRAUD_MODEL, ModelInForce, read_in_force
from spark_jobs import lake, statements
from spark_jobs.exit_status import exit_status
from spark_jobs.fraud_scores import extent_of, score_transactions, transactions_of
from spark_jobs.model_scores import ship_models, without
from spark_jobs.progress import Progress
from spark_jobs.runs import Counts, Run, run
from spark_jobs.session import build_session
from spark_jobs.staging import Warehouse, drop_staging
from storage.postgres import Connection, connect_batch, require_migrated, transaction

JOB = "score_fraud"
STAGING_PREFIX = "fraud"
TARGET = "warehouse.transaction_scores"

_UNSCORED_SQL = """
WITH taken AS (
    SELECT taker.job, input.input_batch_id FROM warehouse.batch_inputs AS input
    JOIN warehouse.batch_runs AS taker USING (batch_id) WHERE taker.status = 'succeeded')
SELECT landed.batch_id FROM warehouse.batch_runs AS landed
WHERE landed.job = 'land_events' AND landed.status = 'succeeded'
    AND EXISTS (SELECT FROM taken WHERE input_batch_id = landed.batch_id AND job = 'score_risk')
    AND NOT EXISTS (SELECT FROM taken WHERE input_batch_id = landed.batch_id AND job = 'score_fraud')
ORDER BY landed.run_number
"""


@dataclass(frozen=True)
class FraudScored:
    """What a run did; without ``batch_id`` there was nothing new."""

    batch_id: str | None
    rows: int = 0
    model: str = ""
    """The model that scored the transactions, or why they wait."""


@dataclass(frozen=True)
class FraudScoring:
    """What a run works with; a Spark session is asked for only where there is something to score."""

    session: Callable[[], SparkSession]
    settings: Settings
    connection: Connection
    progress: Progress


def score_fraud(scoring: FraudScoring, *, wait: bool = False) -> FraudScored:
    """Score the transactions of the landed runs that none before took in.

    Raises:
        RunError: another run is going on.
    """
    connection = scoring.connection
    with run(connection, JOB, wait=wait) as current:
        batch_ids = _unscored(connection)
        if not batch_ids:
            return FraudScored(None, model="nothing new to score")
        drop_staging(connection, STAGING_PREFIX)
        lake_uri = scoring.settings.require("lake_uri")
        current.start(source=f"{lake.normal_uri(lake_uri)}/events", target=TARGET)
        model = _stage(scoring, current, batch_ids)
        rows = _load(current, model, batch_ids)
        drop_staging(connection, STAGING_PREFIX)
        said = model.note or f"model {model.name} version {model.version}"
        return FraudScored(current.batch_id, rows, said)


def _unscored(connection: Connection) -> tuple[str, ...]:
    with transaction(connection) as cursor:
        cursor.execute(_UNSCORED_SQL)
        return tuple(batch_id for (batch_id,) in cursor.fetchall())


def _stage(scoring: FraudScoring, current: Run, batch_ids: Sequence[str]) -> ModelInForce:
    """Score into staging; return the model, without its document and with a note where that failed."""
    with transaction(scoring.connection) as cursor:
        statements.execute(cursor, "fraud_stage", current.token)
    model = read_in_force(scoring.connection, FRAUD_MODEL)
    if model.document is None:
        return model
    try:
        _score(scoring, model, f"fraud_scores_{current.token}", batch_ids)
    except PythonException as error:
        return without(model, f"Spark's Python workers failed: {str(error).strip().splitlines()[-1]}")
    with transaction(scoring.connection) as cursor:
        cursor.execute(
            f"SELECT failure FROM staging.fraud_scores_{current.token} "  # noqa: S608
            "WHERE failure IS NOT NULL LIMIT 1"
        )
        failed = cursor.fetchone()
    return without(model, failed[0]) if failed else model


def _score(scoring: FraudScoring, model: ModelInForce, table: str, batch_ids: Sequence[str]) -> None:
    spark, lake_uri = scoring.session(), scoring.settings.require("lake_uri")
    extent = extent_of(transactions_of(lake.read_events(spark, lake_uri, batch_ids), batch_ids))
    if extent is None:
        return
    scoring.progress.say(f"scoring {extent.new:,} transactions, events from {extent.first_day} on")
    ship_models(spark)
    events = lake.read_events(spark, lake_uri, landed_runs(scoring.connection))
    scores = score_transactions(events, batch_ids, extent, model.text)
    Warehouse.of(scoring.settings.batch_dsn).load(scores, table)


def _load(current: Run, model: ModelInForce, batch_ids: tuple[str, ...]) -> int:
    usable = model.document is not None
    parameters = {
        "batch_id": current.batch_id,
        "model_name": model.name,
        "model_version": model.version if usable else None,
        "note": model.note,
    }
    with current.commit() as (cursor, result):
        written = statements.execute(cursor, "fraud_load", current.token, parameters)
        rows = written["transaction_scores"]
        result.counts = Counts(rows_written=rows)
        result.input_batch_ids = batch_ids if usable else ()
    return rows


def main(arguments: Sequence[str]) -> int:
    """Score what is new; return the exit status."""
    parser = argparse.ArgumentParser(prog=f"{JOB}.py", description="Score new transactions for fraud.")
    parser.add_argument("--wait", action="store_true", help="queue behind a run that is going on")
    options = parser.parse_args(arguments)
    return exit_status(lambda: _run(options.wait))


def _run(wait: bool) -> None:
    progress, settings = Progress(JOB), load_settings()
    settings.require("lake_uri")
    with closing(connect_batch(settings, "tandem-score-fraud")) as connection:
        require_migrated(connection)
        scoring = FraudScoring(partial(build_session, JOB), settings, connection, progress)
        scored = score_fraud(scoring, wait=wait)
    where = f"{scored.rows:,} transactions as {scored.batch_id}: " if scored.batch_id else ""
    progress.say(f"{where}{scored.model}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
