"""Refreshing the materialized views of schema ``bi`` after a run, while they are read.

A refresh is a run of its own: it names the scoring and reconciling runs that its figures hold.
"""

from __future__ import annotations

from spark_jobs.progress import Progress
from spark_jobs.runs import Counts, run
from storage.postgres import Connection, transaction

JOB = "refresh_views"
TARGET = "bi"

_STALE_SQL = """
SELECT changed.batch_id FROM warehouse.batch_runs AS changed
WHERE changed.job = 'score_risk' AND changed.status = 'succeeded'
    AND changed.run_number > coalesce((
        SELECT max(taken.run_number) FROM warehouse.batch_runs AS refreshed
        JOIN warehouse.batch_inputs AS input ON input.batch_id = refreshed.batch_id
        JOIN warehouse.batch_runs AS taken ON taken.batch_id = input.input_batch_id
        WHERE refreshed.job = 'refresh_views' AND refreshed.status = 'succeeded'), 0)
ORDER BY changed.run_number
"""


def refresh_views(connection: Connection, progress: Progress) -> str | None:
    """Bring the views up to the newest scored run; return the id of the refreshing run, or None if they are.

    A run that waits for another one finds the views fresh.
    """
    with run(connection, JOB, wait=True) as current:
        stale = _stale_batch_ids(connection)
        if not stale:
            return None
        current.start(source="warehouse", target=TARGET)
        with current.commit() as (cursor, result):
            cursor.execute("SELECT bi.refresh_views()")
            ((views,),) = cursor.fetchall()
            result.counts = Counts(rows_written=views)
            result.input_batch_ids = stale
        progress.say(f"{views} views refreshed")
        return current.batch_id


def _stale_batch_ids(connection: Connection) -> tuple[str, ...]:
    with transaction(connection) as cursor:
        cursor.execute(_STALE_SQL)
        return tuple(batch_id for (batch_id,) in cursor.fetchall())
