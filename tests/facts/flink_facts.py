"""Run by the stream's Python: what the functions of facts answer in Flink, over literal rows."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

from pyflink.common import Configuration
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.table import DataTypes, StreamTableEnvironment

from contract.settings import Settings
from flink_jobs.dated_facts import register_fact_functions
from flink_jobs.environment import jar_urls


def main(request: Path, answer: Path) -> None:
    """Read brokers, topic, rows (number, value, user, time, offset) and SQL; write a list of values a row."""
    brokers, topic, rows, expressions = pickle.loads(request.read_bytes())
    configuration = Configuration()
    configuration.set_string("execution.runtime-mode", "BATCH")
    configuration.set_string("parallelism.default", "2")
    execution = StreamExecutionEnvironment.get_execution_environment(configuration)
    execution.add_jars(*jar_urls())
    environment = StreamTableEnvironment.create(execution)
    register_fact_functions(environment, Settings(kafka_bootstrap_servers=brokers), topic)
    schema = DataTypes.ROW(
        [
            DataTypes.FIELD("row_number", DataTypes.BIGINT()),
            DataTypes.FIELD("merchant_id", DataTypes.STRING()),
            DataTypes.FIELD("user_id", DataTypes.STRING()),
            DataTypes.FIELD("event_time_ms", DataTypes.BIGINT()),
            DataTypes.FIELD("facts_offset", DataTypes.BIGINT()),
        ]
    )
    environment.create_temporary_view("events", environment.from_elements(rows, schema))
    columns = ", ".join(f"{sql} AS c{number}" for number, sql in enumerate(expressions))
    query = f"SELECT `row_number`, {columns}, facts_offset() AS known FROM events"
    with environment.execute_sql(query).collect() as found:
        values = {number: row for number, *row in found}
    answer.write_bytes(pickle.dumps([values[number] for number in sorted(values)]))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
