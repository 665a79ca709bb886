"""How fast the warehouse takes rows in and answers: ``python -m benchmarks.warehouse``.

- *load*: events made by Spark, through the batch's own staging and statements into the final tables:
  all of it, and the statement of each of the two big tables;
- *raw COPY*: the rows of such a table, copied by PostgreSQL into an empty table with the same columns,
  constraints and indexes;
- *views*: the refresh of all materialized views; then, as the BI role, every view of ``bi`` read whole
  (``fraud_alerts``, which has a row per alert, by a day) and the query of every chart of the dashboard.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import typer
from psycopg2.extensions import parse_dsn
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as sf

from benchmarks.batch import copy_raw
from benchmarks.engines import engines
from bi.charts import CHARTS, query_of
from contract.names import BI_ROLE
from contract.settings import Settings
from rules.policy import load_policies
from spark_jobs import lake, statements
from spark_jobs.progress import Progress
from spark_jobs.scoring import Scoring, stage
from spark_jobs.session import build_session
from stack.environment import read_env
from stack.platform import settings_of
from storage.postgres import Cursor, connect, migrate, set_role_passwords, transaction

TOKEN = "bench0"
DAYS = 365
FIRST_MS = 1_735_689_600_000
BI_SECONDS_MAX = 1.0
BIG_TABLES = ("credit_scores", "processed_transactions")

APPLICATION = {
    "event_id": "concat('a_bench_', id)",
    "event_type": "'application'",
    "user_id": "concat('u', pmod(hash(id), {users}))",
    "credit_score": "300 + pmod(hash(id, 1), 551)",
    "loan_amount_cents": "100000 + pmod(hash(id, 2), 4000000)",
    "currency": "'USD'",
    "region": "concat('Region ', pmod(hash(id, 3), 50))",
    "purpose": "'car'",
    "term_months": "36",
}
TRANSACTION = {
    "event_id": "concat('e_bench_', id)",
    "event_type": "'transaction'",
    "user_id": "concat('u', pmod(hash(id), {users}))",
    "amount_cents": "pmod(hash(id, 1), 50000)",
    "card_id": "concat('card_', pmod(hash(id), {users}), 'a')",
    "merchant_id": "concat('m', pmod(hash(id, 2), 20000))",
    "currency": "element_at(array('USD', 'EUR', 'GBP', 'JPY'), 1 + pmod(hash(id, 3), 4))",
    "merchant_category": "'grocery'",
    "card_type": "element_at(array('debit', 'credit', 'prepaid'), 1 + pmod(hash(id, 4), 3))",
    "channel": "'pos'",
    "country": "element_at(array('US', 'DE', 'GB', 'JP'), 1 + pmod(hash(id, 3), 4))",
    "city": "concat('City ', pmod(hash(id, 5), 120))",
}
LABEL = {
    "event_id": "concat('l_bench_', id)",
    "event_type": "'label'",
    "user_id": "'u0'",
    "labelled_event_id": "concat('e_bench_', id * 100)",
    "is_fraud": "pmod(hash(id), 10) = 0",
}
PAYMENT = {
    "event_id": "concat('p_bench_', id)",
    "event_type": "'payment'",
    "user_id": "concat('u', pmod(hash(id), {users}))",
    "application_id": "concat('a_bench_', pmod(hash(id, 6), {applications}))",
    "status": "if(pmod(hash(id, 7), 20) = 0, 'missed', 'made')",
    "amount_cents": "20000",
    "days_past_due": "if(pmod(hash(id, 7), 20) = 0, pmod(hash(id, 8), 120), 0)",
}
ALERTS_SQL = """
INSERT INTO warehouse.batch_runs (batch_id, job, source, target, status, code_version, finished_at)
VALUES ('bench', 'reconcile_alerts', '-', '-', 'succeeded', '-', now());
INSERT INTO warehouse.stream_alerts
    (alert_id, rule_id, rule_version, event_id, user_id, topic, partition, "offset", event_time,
     detected_at_ms, evidence, seen, document, batch_id)
SELECT rule_id || ':' || transaction_id, rule_id, 1, transaction_id, user_id, 'bench', 0,
       row_number() OVER (), event_time, 0, '{}', '{}', '{}', 'bench'
FROM warehouse.processed_transactions
CROSS JOIN LATERAL (VALUES ('rule_' || abs(hashtext(transaction_id)) / 100 % 15)) AS rule (rule_id)
WHERE hashtext(transaction_id) % 100 = 0;
INSERT INTO warehouse.alert_reconciliation (alert_id, rule_id, event_id, verdict, batch_id)
SELECT alert_id, rule_id, event_id, 'confirmed', batch_id FROM warehouse.stream_alerts;
"""
"""An alert on each hundredth transaction, all of them confirmed."""
WHERE = {"fraud_alerts": " WHERE event_time >= '2025-06-01Z' AND event_time < '2025-06-02Z'"}


def main(transactions: int = 5_000_000, applications: int = 1_000_000) -> None:
    """Print the rates and the seconds of the views."""
    with engines("postgres") as stack:
        values = read_env(stack.folder.env)
        settings = settings_of({**values, "POSTGRES_BATCH_DSN": values["POSTGRES_DSN"]})
        migrate(settings)
        spark = build_session("benchmark", {})
        loaded = _load(spark, settings, make_events(spark, transactions, applications))
        spark.stop()
        _show_rates(settings, stack.folder.root / "rows", loaded)
        with closing(connect(settings.require("postgres_dsn"))) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                _refresh(cursor)
        reader = values["POSTGRES_BI_DSN"]
        set_role_passwords(settings, {BI_ROLE: parse_dsn(reader)["password"]})
        with closing(connect(reader)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                _read_views(cursor)


@dataclass(frozen=True)
class Loaded:
    """What a load did: seconds with the staging, and of each statement its rows and seconds."""

    seconds: float
    statements: dict[str, tuple[int, float]]


def _show_rates(settings: Settings, file: Path, loaded: Loaded) -> None:
    for table in BIG_TABLES:
        _, raw = copy_raw(settings, file, f"warehouse.{table}")
        rows, seconds = loaded.statements[table]
        print(f"raw COPY, {rows:,} {table:<24}{raw:>14,.0f} rows/s")
        print(f"load, {rows:,} {table:<28}{rows / seconds:>14,.0f} rows/s  {rows / seconds / raw:.2f} of raw")
    rows = sum(rows for rows, _ in loaded.statements.values())
    rate = rows / loaded.seconds
    print(f"load, {rows:,} rows into all tables, with staging {rate:>14,.0f} rows/s  {rate / raw:.2f} of raw")


def make_events(spark: SparkSession, transactions: int, applications: int) -> DataFrame:
    """Return a year of events in the lake's columns: also a label for each 100 transactions, and payments."""
    counted = [
        (APPLICATION, applications), (TRANSACTION, transactions), (LABEL, transactions // 100),
        (PAYMENT, applications // 2),
    ]  # fmt: skip
    sizes = {"users": str(applications // 2), "applications": str(applications)}
    parts = [_events(spark, fields, count, sizes) for fields, count in counted]
    events = parts[0]
    for part in parts[1:]:
        events = events.unionByName(part)
    return events


def _events(spark: SparkSession, fields: dict[str, str], count: int, sizes: dict[str, str]) -> DataFrame:
    place = {
        "event_time_ms": f"{FIRST_MS} + id * {DAYS * 86_400_000} div {count}",
        "append_time_ms": str(FIRST_MS),
    }
    place |= {"partition": "0", "offset": "id", "topic": "'bench'"}
    known = {name: text.format(**sizes) for name, text in fields.items()} | place
    columns = [
        sf.expr(known.get(column.name, "NULL")).cast(column.dataType).alias(column.name)
        for column in lake.lake_event_type().fields
    ]
    return spark.range(count).select(*columns)


def _load(spark: SparkSession, settings: Settings, events: DataFrame) -> Loaded:
    """Stage and load as a scoring does."""
    policies = load_policies()
    policy = policies[max(policies)]
    with closing(connect(settings.batch_dsn)) as connection:
        scoring = Scoring(spark, settings, connection, Progress("load"), policies)
        started = time.monotonic()
        stage(scoring, TOKEN, events, policy)
        with transaction(connection) as cursor:
            cursor.execute("INSERT INTO warehouse.risk_policies VALUES (%s, '{}')", (policy.version,))
            cursor.execute("SET LOCAL work_mem = '256MB'")
            parameters = {"batch_id": "bench", "policy_version": policy.version}
            done: dict[str, tuple[int, float]] = {}
            for title, statement in statements.read_statements("score_load", TOKEN).items():
                before = time.monotonic()
                cursor.execute(statement, parameters)
                done[title] = (cursor.rowcount, time.monotonic() - before)
                print(f"  {title:<42}{cursor.rowcount:>12,} rows {done[title][1]:8.1f} s")
        return Loaded(time.monotonic() - started, done)


def _refresh(cursor: Cursor) -> None:
    cursor.execute("ANALYZE")
    cursor.execute(ALERTS_SQL)
    with _timed("refresh of all materialized views"):
        cursor.execute("SELECT bi.refresh_views()")
    cursor.execute("ANALYZE")


def _read_views(cursor: Cursor) -> None:
    cursor.execute("SELECT view_name FROM bi.lineage ORDER BY 1")
    for (view,) in cursor.fetchall():
        with _timed(f"bi.{view}", BI_SECONDS_MAX):
            cursor.execute(f"SELECT * FROM bi.{view}{WHERE.get(view, '')}")
            cursor.fetchall()
    for chart in CHARTS:
        with _timed(chart.title, BI_SECONDS_MAX):
            cursor.execute(query_of(chart))
            cursor.fetchall()


@contextmanager
def _timed(what: str, seconds_max: float | None = None) -> Iterator[None]:
    started = time.monotonic()
    yield
    seconds = time.monotonic() - started
    verdict = "" if seconds_max is None or seconds < seconds_max else f"  over {seconds_max} s"
    print(f"{what:<42}{seconds:>9.3f} s{verdict}")


if __name__ == "__main__":
    typer.run(main)
