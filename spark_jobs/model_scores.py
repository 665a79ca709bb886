"""Scores of applications by the model in force: a step of scoring that can fail alone.

Without a model, or with one that is broken, the policy decides alone, and ``warehouse.model_uses``
says why.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pyspark.errors import PythonException
from pyspark.sql import DataFrame, SparkSession

from contract.code_version import PROJECT
from risk_models.published import APPLICATIONS_MODEL, ModelInForce, read_in_force
from spark_jobs import statements
from spark_jobs.staging import Warehouse
from storage.postgres import Connection, Cursor, transaction

if TYPE_CHECKING:
    import pandas as pd

SHIPPED_PACKAGE = "risk_models"
SHIPPED_FILE = "tandem_models.zip"
SCHEMA = (
    "application_id string, default_probability double, model_score int, reason_codes string, failure string"
)


def model_in_force(connection: Connection) -> ModelInForce:
    """Return the model that scores applications, or why there is none."""
    return read_in_force(connection, APPLICATIONS_MODEL)


def stage_scores(
    events: DataFrame, model: ModelInForce, warehouse: Warehouse, connection: Connection, token: str
) -> ModelInForce:
    """Score the applications into staging; where that fails, return the model with a note why."""
    with transaction(connection) as cursor:
        statements.execute(cursor, "score_model_stage", token)
    if model.document is None:
        return model
    try:
        warehouse.load(score_applications(events, model), f"score_models_{token}")
    except PythonException as error:
        return without(model, f"Spark's Python workers failed: {str(error).strip().splitlines()[-1]}")
    with transaction(connection) as cursor:
        cursor.execute(
            f"SELECT failure FROM staging.score_models_{token} WHERE failure IS NOT NULL LIMIT 1"  # noqa: S608
        )
        row = cursor.fetchone()
    return model if row is None else without(model, row[0])


def without(model: ModelInForce, why: str) -> ModelInForce:
    """Return the model without its document, with a note why it does not score."""
    return replace(model, document=None, note=f"{model.name} version {model.version}: {why}")


def score_applications(events: DataFrame, model: ModelInForce) -> DataFrame:
    """Return one row per application: its score by the model, or why it has none."""
    from risk_models.scoring_rows import COLUMNS, score_rows

    ship_models(events.sparkSession)
    text, columns = model.text, list(COLUMNS)

    def score(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        return (score_rows(text, batch) for batch in batches)

    applications = events.where("event_type = 'application'").select(*columns)
    return applications.mapInPandas(score, SCHEMA)


def load_scores(cursor: Cursor, model: ModelInForce, token: str, batch_id: str) -> dict[str, int]:
    """Write the staged scores, or the note that there are none."""
    version = None if model.document is None else model.version
    parameters = {
        "batch_id": batch_id,
        "model_name": model.name,
        "model_version": version,
        "note": model.note,
    }
    return statements.execute(cursor, "score_model_load", token, parameters)


def ship_models(spark: SparkSession) -> None:
    """Give the executors the package that scores, once: a worker knows only where Spark itself lies."""
    context = spark.sparkContext
    if any(Path(file).name == SHIPPED_FILE for file in context.listFiles):
        return
    folder = Path(tempfile.mkdtemp(prefix="tandem-models-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    source, ignored = folder / "packages", shutil.ignore_patterns("__pycache__")
    shutil.copytree(PROJECT / SHIPPED_PACKAGE, source / SHIPPED_PACKAGE, ignore=ignored)
    context.addPyFile(shutil.make_archive(str(folder / Path(SHIPPED_FILE).stem), "zip", source))
