"""``flink_parse INPUT OUTPUT``: parse a file of messages with Flink's function, in a MiniCluster."""

from __future__ import annotations

import sys

from pyflink.table import EnvironmentSettings, TableEnvironment

from contract.events import load_contract
from flink_jobs.environment import jar_urls, register_functions

TYPES = {"text": "STRING", "integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN"}


def main(source: str, target: str) -> None:
    environment = TableEnvironment.create(EnvironmentSettings.in_batch_mode())
    environment.get_config().set("pipeline.jars", ";".join(jar_urls()))
    environment.get_config().set("parallelism.default", "1")
    register_functions(environment)
    columns = ", ".join(f"`{column.name}` {TYPES[column.type]}" for column in load_contract().columns)
    environment.execute_sql(_table("messages", "n BIGINT, message BYTES, append_time_ms BIGINT", source))
    environment.execute_sql(_table("parsed", f"n BIGINT, reason STRING, detail STRING, {columns}", target))
    environment.execute_sql(
        """INSERT INTO parsed SELECT n, event.* FROM messages
        CROSS JOIN LATERAL TABLE(parse_event(message, TO_TIMESTAMP_LTZ(append_time_ms, 3))) AS event"""
    ).wait()


def _table(name: str, columns: str, path: str) -> str:
    return (
        f"CREATE TABLE {name} ({columns}) WITH ('connector'='filesystem', 'format'='json', 'path'='{path}')"
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
