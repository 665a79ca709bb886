"""Applications and payments of the lake, for training and for watching a model.

``{LAKE_URI}/events/batch_id=<id>/event_date=<day>/*.parquet``; only the folders of landed runs that
succeeded count, and those are named by the warehouse.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pandas as pd
import pyarrow.dataset as ds
from pyarrow import fs

from risk_models.errors import DataError
from storage.postgres import Connection, transaction

DAY_MS = 86_400_000
PAST_DUE_DAYS = 90
MISSED_PAYMENTS = 3
HORIZON_DAYS = 365
APPLICATION_COLUMNS = (
    *("event_id", "user_id", "event_time_ms", "credit_score", "loan_amount_cents", "currency", "region"),
    *("purpose", "term_months", "annual_income_cents", "employment_status"),
)
PAYMENT_COLUMNS = (
    *("event_id", "user_id", "application_id", "event_time_ms", "status", "amount_cents", "days_past_due"),
    *("partition", "offset"),
)
USAGE_COLUMNS = ("user_id", "event_time_ms", "credit_limit_cents", "balance_cents")


@dataclass(frozen=True)
class Outcomes:
    """When a loan is bad: a payment so many days past due, or so many missed, within the horizon."""

    past_due_days: int = PAST_DUE_DAYS
    missed_payments: int = MISSED_PAYMENTS
    horizon_days: int = HORIZON_DAYS


def landed_runs(connection: Connection) -> tuple[str, ...]:
    """Return the landed runs that succeeded, in order."""
    with transaction(connection) as cursor:
        cursor.execute(
            "SELECT batch_id FROM warehouse.batch_runs WHERE job = 'land_events' AND status = 'succeeded' "
            "ORDER BY run_number"
        )
        return tuple(batch_id for (batch_id,) in cursor.fetchall())


def read_events(
    lake_uri: str, batch_ids: Sequence[str], event_type: str, columns: Sequence[str]
) -> pd.DataFrame:
    """Read the events of one type of some landed runs.

    Raises:
        DataError: a landed run has no folder in this lake.
    """
    file_system, root = _file_system(lake_uri)
    folders = [f"{root}/events/batch_id={batch_id}" for batch_id in batch_ids]
    absent = [folder for folder in folders if file_system.get_file_info(folder).type != fs.FileType.Directory]
    if absent:
        raise DataError(f"LAKE_URI: {absent[0]} is not there, but the warehouse says that it landed")
    selector = [_files(file_system, folder) for folder in folders]
    files = [file for found in selector for file in found]
    if not files:
        return pd.DataFrame({name: [] for name in columns})
    table = ds.dataset(files, filesystem=file_system, format="parquet").to_table(
        columns=list(columns), filter=ds.field("event_type") == event_type
    )
    found: pd.DataFrame = table.to_pandas()
    return found


def applications_with_outcomes(
    applications: pd.DataFrame, payments: pd.DataFrame, as_of_ms: int, outcomes: Outcomes
) -> pd.DataFrame:
    """Return the applications whose horizon is over, with ``outcome`` good or bad and ``event_time``.

    Only payments up to the horizon count. A younger application is left out whatever is known of
    it: early failures without those that would still pay would say that all fail.
    """
    horizon_ms = outcomes.horizon_days * DAY_MS
    mature = applications[applications.event_time_ms + horizon_ms <= as_of_ms].drop_duplicates("event_id")
    joined = payments.merge(
        mature[["event_id", "event_time_ms"]],
        left_on="application_id",
        right_on="event_id",
        suffixes=("", "_application"),
    )
    age_ms = joined.event_time_ms - joined.event_time_ms_application
    joined = joined[(age_ms >= 0) & (age_ms <= horizon_ms)]
    worst = joined.groupby("application_id").days_past_due.max()
    missed = joined[joined.status == "missed"].groupby("application_id").size()
    failed = set(worst[worst >= outcomes.past_due_days].index)
    failed |= set(missed[missed >= outcomes.missed_payments].index)
    outcome = mature.event_id.isin(failed).map({True: "bad", False: "good"})
    return mature.assign(
        outcome=outcome, event_time=pd.to_datetime(mature.event_time_ms, unit="ms", utc=True)
    )


def content_hash(table: pd.DataFrame) -> str:
    """Return the SHA-256 of a table's rows in the order of their ids."""
    ordered = table.sort_values("event_id", kind="stable")
    return hashlib.sha256(ordered.to_csv(index=False).encode()).hexdigest()


def _file_system(lake_uri: str) -> tuple[fs.FileSystem, str]:
    if urlsplit(lake_uri).scheme:
        file_system, root = fs.FileSystem.from_uri(lake_uri)
    else:
        file_system, root = fs.LocalFileSystem(), str(Path(lake_uri).resolve())
    return file_system, root.rstrip("/")


def _files(file_system: fs.FileSystem, folder: str) -> list[str]:
    found = file_system.get_file_info(fs.FileSelector(folder, recursive=True))
    return [file.path for file in found if file.path.endswith(".parquet")]
