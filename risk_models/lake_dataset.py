"""The lake's applications as training data."""

from __future__ import annotations

from contextlib import closing

import pandas as pd

from contract.settings import Settings
from risk_models.errors import DataError
from risk_models.lake import (
    APPLICATION_COLUMNS,
    PAYMENT_COLUMNS,
    Outcomes,
    applications_with_outcomes,
    content_hash,
    landed_runs,
    read_events,
)
from storage.postgres import connect_batch, require_migrated


def read_lake_dataset(settings: Settings, outcomes: Outcomes | None = None) -> tuple[pd.DataFrame, str]:
    """Return the mature applications with their outcomes, and a hash of them.

    The newest event of the lake says what time it is: the clock doesn't.

    Raises:
        DataError: nothing has landed, or no application is old enough.
    """
    lake_uri = settings.require("lake_uri")
    with closing(connect_batch(settings, "tandem-models")) as connection:
        require_migrated(connection)
        batch_ids = landed_runs(connection)
    applications = read_events(lake_uri, batch_ids, "application", APPLICATION_COLUMNS)
    payments = read_events(lake_uri, batch_ids, "payment", PAYMENT_COLUMNS)
    chosen = outcomes or Outcomes()
    times = [table.event_time_ms.max() for table in (applications, payments) if len(table)]
    if not times:
        raise DataError("LAKE_URI: no application has landed: run `make score` first")
    table = applications_with_outcomes(applications, payments, int(max(times)), chosen)
    if table.empty:
        raise DataError(f"LAKE_URI: no application is {chosen.horizon_days} days old: its outcome is open")
    return table, content_hash(table)
