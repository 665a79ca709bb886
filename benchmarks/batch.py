"""How fast the batch is: ``python -m benchmarks.batch [--events N]`` with the settings in the environment.

- *copy*: PostgreSQL's own COPY of the transactions that were scored, into an empty table of the same
  columns, keys and indexes, from a file;
- *batch*: ``score_risk`` as people run it, from the topic to the final tables: read, parse, decide on
  duplicates, lake, ledger, scores, transactions. Start-up of Spark is in it;
- *nothing new*: the same command again.

The warehouse has to be empty; give it a stack of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from contextlib import closing

import typer

from contract.settings import Settings, load_settings
from stack.folder import ROOT
from storage.postgres import connect, migrate
from storage.topics import create_topics

COPIED = "staging.benchmark_copied"
SOURCE = "warehouse.processed_transactions"


def main(events: int = 1_000_000) -> None:
    """Measure on the servers that the environment names."""
    measure(load_settings(), events)


def measure(settings: Settings, events: int = 1_000_000) -> None:
    """Print one line per measurement."""
    create_topics(settings)
    migrate(settings)
    environment = {**os.environ, **_named(settings)}
    _run(environment, "-m", "ingestion", "produce", "--quiet", "--events", str(events))
    seconds = _run(environment, "spark_jobs/score_risk.py")
    again = _run(environment, "spark_jobs/score_risk.py")
    messages, transactions, copied = _copy(settings)
    rate, copy_rate = messages / seconds, transactions / copied
    print(f"raw COPY of {transactions:,} transactions      {copy_rate:>9,.0f} rows/s")
    print(f"batch, topic to final tables          {rate:>9,.0f} messages/s  {rate / copy_rate:.2f} of COPY")
    print(f"batch, nothing new                    {again:>9.1f} s")


def _named(settings: Settings) -> dict[str, str]:
    names = ("kafka_bootstrap_servers", "kafka_topic", "postgres_dsn", "lake_uri")
    return {name.upper(): settings.require(name) for name in names}


def _run(environment: dict[str, str], *arguments: str) -> float:
    started = time.monotonic()
    subprocess.run([sys.executable, *arguments], env=environment, cwd=ROOT, check=True)
    return time.monotonic() - started


def _copy(settings: Settings) -> tuple[int, int, float]:
    """Return messages landed, transactions, and the seconds that COPY took for the latter."""
    with (
        closing(connect(settings.require("postgres_dsn"))) as connection,
        tempfile.TemporaryFile() as file,
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT sum(rows_read) FROM warehouse.batch_runs WHERE job = 'land_events'")
        (messages,) = cursor.fetchone() or (0,)
        cursor.copy_expert(f"COPY {SOURCE} TO STDOUT", file)
        file.seek(0)
        cursor.execute(f"CREATE TABLE {COPIED} (LIKE {SOURCE} INCLUDING ALL)")
        connection.commit()
        started = time.monotonic()
        cursor.copy_expert(f"COPY {COPIED} FROM STDIN", file)
        connection.commit()
        seconds = time.monotonic() - started
        cursor.execute(f"SELECT count(*) FROM {COPIED}")
        (transactions,) = cursor.fetchone() or (0,)
        cursor.execute(f"DROP TABLE {COPIED}")
        connection.commit()
    return int(messages), int(transactions), seconds


if __name__ == "__main__":
    typer.run(main)
