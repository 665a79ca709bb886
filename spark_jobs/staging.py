"""Staging tables: unlogged, named by their run, filled by Spark's executors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from psycopg2 import extensions, sql
from pyspark.sql import DataFrame, SparkSession

from contract.names import STAGING_SCHEMA
from contract.settings import SettingsError
from storage.postgres import Connection, transaction

LIBPQ_TO_JDBC = {
    "sslmode": "sslmode",
    "sslrootcert": "sslrootcert",
    "sslcert": "sslcert",
    "sslkey": "sslkey",
    "connect_timeout": "connectTimeout",
}


@dataclass(frozen=True)
class Warehouse:
    """Where Spark's executors write and read staging tables."""

    url: str
    properties: Mapping[str, str]

    @classmethod
    def of(cls, dsn: str) -> Warehouse:
        """Translate a libpq URL.

        Raises:
            SettingsError: the URL names a Unix socket, which Java does not speak.
        """
        parts = extensions.parse_dsn(dsn)
        host = parts.get("host", "localhost")
        if host.startswith("/"):
            raise SettingsError(
                f"POSTGRES_DSN: expected a host name or address, got the socket folder {host}"
            )
        hosts = zip(host.split(","), _ports(parts.get("port", "5432"), host), strict=True)
        query = {LIBPQ_TO_JDBC[key]: str(value) for key, value in parts.items() if key in LIBPQ_TO_JDBC}
        query["ApplicationName"] = "tandem-spark"
        address = ",".join(f"{name}:{port}" for name, port in hosts)
        url = f"jdbc:postgresql://{address}/{parts.get('dbname', '')}?{urlencode(query)}"
        login = {key: str(parts[key]) for key in ("user", "password") if parts.get(key)}
        return cls(url, {"driver": "org.postgresql.Driver", **login})

    def load(self, rows: DataFrame, table: str) -> None:
        """Append ``rows`` to ``staging.<table>`` by COPY; a task that Spark repeats may repeat its rows."""
        jvm: Any = rows.sparkSession.sparkContext._jvm
        jvm.dev.tandem.spark.CopyRows.append(
            rows._jdf, self.url, dict(self.properties), f'{STAGING_SCHEMA}."{table}"'
        )

    def read(self, spark: SparkSession, table: str, schema: str = STAGING_SCHEMA) -> DataFrame:
        """Read ``staging.<table>``, or a table of another schema."""
        return spark.read.jdbc(self.url, f"{schema}.{table}", properties=dict(self.properties))


def drop_staging(connection: Connection, prefix: str) -> None:
    """Drop the staging tables of a job, whoever left them; only for the holder of the job's lock."""
    with transaction(connection) as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = %s AND starts_with(tablename, %s)",
            (STAGING_SCHEMA, f"{prefix}_"),
        )
        for (name,) in cursor.fetchall():
            cursor.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(STAGING_SCHEMA, name)))


def analyze_staging(connection: Connection, *tables: str) -> None:
    """Let the planner know how many rows are staged."""
    with transaction(connection) as cursor:
        for name in tables:
            cursor.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(STAGING_SCHEMA, name)))


def _ports(ports: str, host: str) -> list[str]:
    found = ports.split(",")
    return found if len(found) > 1 else found * len(host.split(","))
