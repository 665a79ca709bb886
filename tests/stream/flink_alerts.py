"""Run by the stream's Python: the alerts of literal messages, by the job's own functions in one process."""

from __future__ import annotations

import sys
from pathlib import Path

import orjson
from pyflink.common import Configuration
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.table import DataTypes, StreamTableEnvironment

from flink_jobs.alerts import alerts, columns_to_write
from flink_jobs.dated_facts import register_fact_functions
from flink_jobs.environment import jar_urls, register_functions
from flink_jobs.events import accepted_events
from rules.catalog import load_catalog
from rules.compiler import compile_rule

APPEND_TIME_MS = 1_760_000_000_000
TOPIC = "it's a topic"


def main(request: Path, answer: Path, catalog: Path) -> None:
    """Read one message a line; write one alert of the catalog's rules a line."""
    configuration = Configuration()
    configuration.set_string("parallelism.default", "1")
    execution = StreamExecutionEnvironment.get_execution_environment(configuration)
    execution.add_jars(*jar_urls())
    environment = StreamTableEnvironment.create(execution)
    register_functions(environment)
    rows = [(bytearray(message), offset) for offset, message in enumerate(request.read_bytes().splitlines())]
    schema = DataTypes.ROW(
        [DataTypes.FIELD("message", DataTypes.BYTES()), DataTypes.FIELD("offset", DataTypes.BIGINT())]
    )
    environment.create_temporary_view("literal_rows", environment.from_elements(rows, schema))
    messages = environment.sql_query(
        f"""SELECT message, 7 AS `partition`, `offset`, TO_TIMESTAMP_LTZ({APPEND_TIME_MS}, 3) AS append_time
        FROM literal_rows"""
    )
    register_fact_functions(environment, None)
    compiled = [compile_rule(rule) for rule in load_catalog(catalog)]
    raised = alerts(
        environment,
        accepted_events(environment, messages, columns_to_write(compiled)),
        compiled,
        TOPIC,
    )
    with raised.execute().collect() as found:
        answer.write_bytes(b"\n".join(orjson.dumps([row[0], orjson.loads(row[1])]) for row in found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
