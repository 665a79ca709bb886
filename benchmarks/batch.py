"""How fast the batch is: ``python -m benchmarks.batch [--events N]``, on a stack of its own.

- *batch*: ``spark-submit spark_jobs/score_risk.py`` from the topic to the final tables, the start of
  Spark included;
- *raw COPY*: the transactions that it wrote, copied by PostgreSQL into an empty table with the same
  columns and indexes;
- *nothing new*: the same command once more.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import typer

from benchmarks.engines import engines
from contract.settings import Settings
from stack.environment import read_env
from stack.folder import ROOT
from stack.platform import settings_of
from storage.postgres import connect, migrate, transaction
from storage.topics import create_topics

RAW = "warehouse.raw_copy"


def main(events: int = 1_500_000) -> None:
    """Print the rates."""
    with engines("kafka", "postgres") as stack:
        values = read_env(stack.folder.env)
        settings = settings_of(values)
        create_topics(settings)
        migrate(settings)
        _run(values, sys.executable, "-m", "ingestion", "produce", "--quiet", "--events", str(events))
        seconds = _score(values)
        idle = _score(values)
        messages = _messages(settings)
        rows, copied = copy_raw(settings, stack.folder.root / "rows")
    rate = messages / seconds
    print(f"raw COPY of {rows:,} transactions    {copied:>9,.0f} rows/s")
    print(f"batch, topic to final tables      {rate:>9,.0f} messages/s  {rate / copied:.2f} of raw")
    print(f"batch over nothing new            {idle:>9.1f} s")


def _score(values: dict[str, str]) -> float:
    """Run the batch as the warehouse's owner, whose password the stack set; return its seconds."""
    as_owner = {**values, "POSTGRES_BATCH_DSN": values["POSTGRES_DSN"]}
    submit = str(Path(sys.executable).with_name("spark-submit"))
    started = time.monotonic()
    _run(as_owner, submit, "spark_jobs/score_risk.py")
    return time.monotonic() - started


def _run(values: dict[str, str], *command: str) -> None:
    subprocess.run(command, env={**os.environ, **values}, cwd=ROOT, check=True)


def _messages(settings: Settings) -> int:
    with closing(connect(settings.require("postgres_dsn"))) as connection, transaction(connection) as cursor:
        cursor.execute("SELECT sum(rows_read) FROM warehouse.batch_runs WHERE job = 'land_events'")
        return int(cursor.fetchall()[0][0])


def copy_raw(
    settings: Settings, file: Path, table: str = "warehouse.processed_transactions"
) -> tuple[int, float]:
    """Copy a table's rows out, then into a table of the same make; return rows and rows per second."""
    with closing(connect(settings.require("postgres_dsn"))) as connection:
        with transaction(connection) as cursor, file.open("wb") as stream:
            cursor.execute(f"DROP TABLE IF EXISTS {RAW}")
            cursor.copy_expert(f"COPY {table} TO STDOUT (FORMAT binary)", stream)
            cursor.execute(f"CREATE TABLE {RAW} (LIKE {table} INCLUDING ALL)")
        started = time.monotonic()
        with transaction(connection) as cursor, file.open("rb") as stream:
            cursor.copy_expert(f"COPY {RAW} FROM STDIN (FORMAT binary)", stream)
            rows = cursor.rowcount
    return rows, rows / (time.monotonic() - started)


if __name__ == "__main__":
    typer.run(main)
