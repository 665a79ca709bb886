"""``flink_parse INPUT OUTPUT ACCEPTED``: parse a file of messages as the stream does, in a MiniCluster.

The outcome of every message goes to one folder, the accepted events as the stream writes them to the other.
"""

from __future__ import annotations

import sys

from pyflink.datastream import RuntimeExecutionMode, StreamExecutionEnvironment
from pyflink.table import StreamTableEnvironment

from contract.events import load_contract
from flink_jobs.environment import jar_urls
from flink_jobs.events import accepted_events, parsed_messages

TYPES = {"text": "STRING", "integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN"}


def main(source: str, outcomes: str, accepted: str) -> None:
    execution = StreamExecutionEnvironment.get_execution_environment()
    execution.set_runtime_mode(RuntimeExecutionMode.BATCH)
    execution.set_parallelism(1)
    execution.add_jars(*jar_urls())
    environment = StreamTableEnvironment.create(execution)
    names = [column.name for column in load_contract().columns]
    typed = ", ".join(f"`{column.name}` {TYPES[column.type]}" for column in load_contract().columns)
    quoted = ", ".join(f"`{name}`" for name in names)
    environment.execute_sql(_table("messages", "n BIGINT, message BYTES, append_time_ms BIGINT", source))
    environment.execute_sql(_table("parsed", f"n BIGINT, reason STRING, detail STRING, {typed}", outcomes))
    environment.execute_sql(_table("accepted", f"n BIGINT, {typed}", accepted))
    messages = environment.sql_query(
        """SELECT message, 0 AS `partition`, n AS `offset`, TO_TIMESTAMP_LTZ(append_time_ms, 3) AS append_time
        FROM messages"""
    )
    environment.create_temporary_view("outcomes", parsed_messages(environment, messages))
    environment.create_temporary_view("events", accepted_events(environment, messages, names))
    for rows in (
        f"INSERT INTO parsed SELECT `offset`, reason, detail, {quoted} FROM outcomes",
        f"INSERT INTO accepted SELECT `offset`, {quoted} FROM events",
    ):
        environment.execute_sql(rows).wait()


def _table(name: str, columns: str, path: str) -> str:
    return (
        f"CREATE TABLE {name} ({columns}) WITH ('connector'='filesystem', 'format'='json', 'path'='{path}')"
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
