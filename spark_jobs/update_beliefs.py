"""``python spark_jobs/update_beliefs.py``: the Bayesian model takes in the payments that landed since.

Each landed run is taken in once, whole; ``warehouse.batch_inputs`` holds which. Then every loan with
payments gets the probability that its next one is missed. It needs no Spark session.
"""

from __future__ import annotations

import json
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import pandas as pd
from psycopg2.extras import execute_values

from contract.settings import Settings, load_settings
from risk_models.beliefs import Belief, design_rows, known_before, standing
from risk_models.errors import DataError, ModelError
from risk_models.lake import PAYMENT_COLUMNS, USAGE_COLUMNS, landed_runs, read_events
from spark_jobs.exit_status import EXIT_ERROR, exit_status
from spark_jobs.progress import Progress
from spark_jobs.runs import Counts, Run, run
from storage.postgres import Connection, Cursor, connect_batch, require_migrated, transaction

JOB = "update_beliefs"
TARGET = "warehouse.default_beliefs, warehouse.loan_default_risk"

_TAKEN_SQL = """
SELECT input.input_batch_id FROM warehouse.batch_inputs AS input
JOIN warehouse.batch_runs AS taken ON taken.batch_id = input.batch_id
WHERE taken.job = 'update_beliefs' AND taken.status = 'succeeded'
"""
_NEWEST_SQL = """
SELECT belief, payments_taken FROM warehouse.default_beliefs JOIN warehouse.batch_runs USING (batch_id)
WHERE status = 'succeeded' ORDER BY run_number DESC LIMIT 1
"""
_PROBABILITY_SQL = """
SELECT application_id, default_probability FROM warehouse.credit_scores WHERE application_id = ANY(%s)
"""
_LOANS_SQL = """
INSERT INTO warehouse.loan_default_risk
    (application_id, user_id, payments, missed, utilisation, miss_probability, miss_low, miss_high, as_of,
     batch_id)
VALUES %s
ON CONFLICT (application_id) DO UPDATE SET
    user_id = excluded.user_id, payments = excluded.payments, missed = excluded.missed,
    utilisation = excluded.utilisation, miss_probability = excluded.miss_probability,
    miss_low = excluded.miss_low, miss_high = excluded.miss_high, as_of = excluded.as_of,
    batch_id = excluded.batch_id
"""


@dataclass(frozen=True)
class Updated:
    """What a run took in; without ``batch_id`` nothing new had landed."""

    batch_id: str | None
    belief: Belief
    payments_new: int = 0
    loans: int = 0


def update(settings: Settings, connection: Connection, *, wait: bool = False) -> Updated:
    """Take in the landed runs that none before took in.

    Raises:
        RunError: another run is going on.
        DataError: the lake lacks a landed run.
        ModelError: the stored belief is about other weights.
    """
    with run(connection, JOB, wait=wait) as current:
        belief, taken = _newest(connection)
        landed = landed_runs(connection)
        new = tuple(batch_id for batch_id in landed if batch_id not in taken)
        if not new:
            return Updated(None, belief)
        lake_uri = settings.require("lake_uri")
        current.start(source=f"{lake_uri.rstrip('/')}/events", target=TARGET)
        payments = read_events(lake_uri, landed, "payment", PAYMENT_COLUMNS)
        usages = read_events(lake_uri, landed, "credit_usage", USAGE_COLUMNS)
        fresh = set(read_events(lake_uri, new, "payment", ("event_id",)).event_id)
        known = _with_probability(connection, known_before(payments, usages))
        known = known[known.event_id.isin(fresh)]
        belief = belief.update(design_rows(known), known["is_missed"].to_numpy(dtype=np.int8))
        loans = _judge_loans(connection, belief, payments, usages)
        _store(current, belief, loans, len(known), new)
    return Updated(current.batch_id, belief, len(known), len(loans))


def _newest(connection: Connection) -> tuple[Belief, set[str]]:
    with transaction(connection) as cursor:
        cursor.execute(_TAKEN_SQL)
        taken = {batch_id for (batch_id,) in cursor.fetchall()}
        cursor.execute(_NEWEST_SQL)
        row = cursor.fetchone()
    return (Belief.from_json(row[0], int(row[1])) if row else Belief.prior()), taken


def _with_probability(connection: Connection, rows: pd.DataFrame) -> pd.DataFrame:
    with transaction(connection) as cursor:
        cursor.execute(_PROBABILITY_SQL, (rows.application_id.unique().tolist(),))
        probability = dict(cursor.fetchall())
    return rows.assign(default_probability=rows.application_id.map(probability).astype("float64"))


def _judge_loans(
    connection: Connection, belief: Belief, payments: pd.DataFrame, usages: pd.DataFrame
) -> pd.DataFrame:
    if payments.empty:
        return payments
    times = [int(table.event_time_ms.max()) for table in (payments, usages) if len(table)]
    loans = _with_probability(connection, standing(payments, usages, max(times)))
    said = belief.predict(design_rows(loans))
    return pd.concat([loans.reset_index(drop=True), said], axis=1)


def _store(current: Run, belief: Belief, loans: pd.DataFrame, payments: int, new: tuple[str, ...]) -> None:
    with current.commit() as (cursor, result):
        cursor.execute(
            "INSERT INTO warehouse.default_beliefs (batch_id, belief, payments_taken, payments_new) "
            "VALUES (%s, %s, %s, %s)",
            (current.batch_id, json.dumps(belief.as_json()), belief.payments, payments),
        )
        _store_loans(cursor, current.batch_id, loans)
        result.counts = Counts(rows_written=len(loans) + 1)
        result.input_batch_ids = new


def _store_loans(cursor: Cursor, batch_id: str, loans: pd.DataFrame) -> None:
    if loans.empty:
        return
    as_of = [time.to_pydatetime() for time in pd.to_datetime(loans.event_time_ms, unit="ms", utc=True)]
    utilisation = loans.utilisation.astype(object).where(loans.utilisation.notna(), None)
    columns = (
        *(loans.application_id, loans.user_id, loans.payments, loans.missed, utilisation),
        *(loans.miss_probability, loans.low, loans.high),
    )
    values = zip(*(column.tolist() for column in columns), as_of, strict=True)
    execute_values(cursor, _LOANS_SQL, [(*row, batch_id) for row in values], page_size=1_000)


def main() -> int:
    """Take in what is new; return the exit status."""
    return exit_status(_take_in, {DataError: EXIT_ERROR, ModelError: EXIT_ERROR})


def _take_in() -> None:
    progress, settings = Progress(JOB), load_settings()
    settings.require("lake_uri")
    with closing(connect_batch(settings, "tandem-update-beliefs")) as connection:
        require_migrated(connection)
        updated = update(settings, connection)
    if updated.batch_id is None:
        progress.say("nothing new to take in")
    else:
        progress.say(f"{updated.payments_new:,} payments, {updated.loans:,} loans as {updated.batch_id}")


if __name__ == "__main__":
    sys.exit(main())
