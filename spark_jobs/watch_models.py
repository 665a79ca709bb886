"""``python spark_jobs/watch_models.py``: measure how the model in force keeps, from the lake.

Recorded in ``warehouse.batch_runs`` and ``warehouse.model_measurements``; the exporter publishes
the newest. It needs no Spark session.
"""

from __future__ import annotations

import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import pandas as pd

from contract.settings import Settings, load_settings
from risk_models.errors import DataError
from risk_models.lake import (
    APPLICATION_COLUMNS,
    DAY_MS,
    PAYMENT_COLUMNS,
    Outcomes,
    applications_with_outcomes,
    landed_runs,
    read_events,
)
from risk_models.published import APPLICATIONS_MODEL, ModelInForce, read_in_force
from risk_models.watching import Measurement, measure_drift, measure_performance
from spark_jobs.exit_status import EXIT_ERROR, exit_status
from spark_jobs.progress import Progress
from spark_jobs.runs import Counts, Run, run
from storage.postgres import Connection, connect_batch, require_migrated

JOB = "watch_models"
RECENT_DAYS = 30
TARGET = "warehouse.model_measurements"

_INSERT_SQL = """
INSERT INTO warehouse.model_measurements
    (batch_id, model_name, model_version, measure, subject, value, standard_error, rows_measured, threshold,
     is_alert)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


@dataclass(frozen=True)
class Watched:
    """What a run measured; without ``batch_id`` no model is in force, and ``note`` says so."""

    batch_id: str | None
    measurements: tuple[Measurement, ...]
    note: str | None = None


def watch(settings: Settings, connection: Connection, outcomes: Outcomes, *, wait: bool = False) -> Watched:
    """Measure the model in force on the applications of the last 30 days, and on all that matured.

    The newest event of the lake says what time it is.

    Raises:
        RunError: another run is going on.
        DataError: the lake lacks a landed run.
    """
    with run(connection, JOB, wait=wait) as current:
        model = read_in_force(connection, APPLICATIONS_MODEL)
        if model.document is None:
            return Watched(None, (), model.note)
        batch_ids = landed_runs(connection)
        lake_uri = settings.require("lake_uri")
        current.start(source=f"{lake_uri.rstrip('/')}/events", target=TARGET)
        applications = read_events(lake_uri, batch_ids, "application", APPLICATION_COLUMNS)
        payments = read_events(lake_uri, batch_ids, "payment", PAYMENT_COLUMNS)
        found = tuple(_measure(model, applications, payments, outcomes))
        _store(current, model, found, batch_ids)
    return Watched(current.batch_id, found)


def _measure(
    model: ModelInForce, applications: pd.DataFrame, payments: pd.DataFrame, outcomes: Outcomes
) -> list[Measurement]:
    if model.document is None or applications.empty:
        return []
    times = [table.event_time_ms.max() for table in (applications, payments) if len(table)]
    now_ms = int(max(times))
    recent = applications[applications.event_time_ms > now_ms - RECENT_DAYS * DAY_MS]
    matured = applications_with_outcomes(applications, payments, now_ms, outcomes)
    return [*measure_drift(model.document, recent), *measure_performance(model.document, matured)]


def _store(
    current: Run, model: ModelInForce, found: tuple[Measurement, ...], batch_ids: tuple[str, ...]
) -> None:
    with current.commit() as (cursor, result):
        for one in found:
            figures = (one.value, one.standard_error, one.rows, one.threshold, one.is_alert)
            key = (current.batch_id, model.name, model.version, one.measure, one.subject)
            cursor.execute(_INSERT_SQL, (*key, *figures))
        result.counts = Counts(rows_written=len(found))
        result.input_batch_ids = batch_ids


def main() -> int:
    """Measure, say what is on the wrong side of its limit; return the exit status."""
    return exit_status(_watch, {DataError: EXIT_ERROR})


def _watch() -> None:
    progress, settings = Progress(JOB), load_settings()
    settings.require("lake_uri")
    with closing(connect_batch(settings, "tandem-watch-models")) as connection:
        require_migrated(connection)
        watched = watch(settings, connection, Outcomes())
    progress.say(watched.note or f"{len(watched.measurements)} figures as {watched.batch_id}")
    for one in watched.measurements:
        if one.is_alert:
            progress.say(f"alert: {one.measure} of {one.subject} is {one.value:.3f}, limit {one.threshold}")


if __name__ == "__main__":
    sys.exit(main())
