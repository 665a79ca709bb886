"""The locks of the batch jobs, in PostgreSQL: one run of a job at a time, none while it is held here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from storage.postgres import Connection, transaction


def lock_name(job: str) -> str:
    """What a job's lock is called; its number is ``hashtextextended(name, 0)``."""
    return f"tandem:{job}"


@contextmanager
def holding(connection: Connection, job: str) -> Iterator[None]:
    """Wait for the end of the run that goes on, and let none begin meanwhile."""
    with transaction(connection) as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", (lock_name(job),))
    try:
        yield
    finally:
        if not connection.closed:
            with transaction(connection) as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", (lock_name(job),))
