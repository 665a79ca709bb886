"""``flink_parse INPUT OUTPUT``: parse a file of messages as the stream does, in a MiniCluster."""

from __future__ import annotations

import sys

from pyflink.datastream import RuntimeExecutionMode, StreamExecutionEnvironment
from pyflink.table import StreamTableEnvironment

from contract.events import load_contract
from flink_jobs.environment import jar_urls
from flink_jobs.events import parsed_messages

TYPES = {"text": "STRING", "integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN"}


def main(source: str, target: str) -> None:
    execution = StreamExecutionEnvironment.get_execution_environment()
    execution.set_runtime_mode(RuntimeExecutionMode.BATCH)
    execution.set_parallelism(1)
    execution.add_jars(*jar_urls())
    environment = StreamTableEnvironment.create(execution)
    columns = ", ".join(f"`{column.name}` {TYPES[column.type]}" for column in load_contract().columns)
    environment.execute_sql(_table("messages", "n BIGINT, message BYTES, append_time_ms BIGINT", source))
    environment.execute_sql(_table("parsed", f"n BIGINT, reason STRING, detail STRING, {columns}", target))
    read = "SELECT n, message, TO_TIMESTAMP_LTZ(append_time_ms, 3) AS append_time FROM messages"
    environment.create_temporary_view("outcomes", parsed_messages(environment, environment.sql_query(read)))
    names = ", ".join(f"`{column.name}`" for column in load_contract().columns)
    environment.execute_sql(f"INSERT INTO parsed SELECT n, reason, detail, {names} FROM outcomes").wait()


def _table(name: str, columns: str, path: str) -> str:
    return (
        f"CREATE TABLE {name} ({columns}) WITH ('connector'='filesystem', 'format'='json', 'path'='{path}')"
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
