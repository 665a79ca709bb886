"""Run the numbered stream through the features in a mini cluster of this process; one row a line of JSON.

Usage: python -m tests.features.run_stream BACKEND FOLDER MESSAGES FAILS_AT. A function fails once, at
the message FAILS_AT, so that the job goes on from a checkpoint.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from pyflink.common import Configuration
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.table import DataTypes, StreamTableEnvironment, Table
from pyflink.table.udf import udf

from flink_jobs.environment import jar_urls
from flink_jobs.windowed_features import with_features
from tests.features.literal_stream import SQL
from tests.features.plan import PLAN

MESSAGES_PER_SECOND = 1_000


def main(backend: str, folder: Path, messages: int, fails_at: int) -> None:
    """Write the rows to ``rows.json`` in the folder."""
    environment = _environment(backend, folder)
    environment.execute_sql(
        f"""CREATE TEMPORARY TABLE numbers (number BIGINT) WITH ('connector' = 'datagen',
        'rows-per-second' = '{MESSAGES_PER_SECOND}', 'fields.number.kind' = 'sequence',
        'fields.number.start' = '0', 'fields.number.end' = '{messages - 1}')"""
    )
    table = with_features(environment, environment.sql_query(SQL), PLAN)
    columns = [name for name in table.get_schema().get_field_names() if name != "offset"]
    result = _failing_once(environment, table, columns, folder / "failed", fails_at)
    with result.execute().collect() as rows, (folder / "rows.json").open("w") as target:
        for row in rows:
            target.write(json.dumps(dict(zip(["offset", *columns], row, strict=True))) + "\n")


def _environment(backend: str, folder: Path) -> StreamTableEnvironment:
    configuration = Configuration()
    for name, value in {
        "parallelism.default": "1",
        "state.backend.type": backend,
        "execution.checkpointing.interval": "300 ms",
        "execution.checkpointing.dir": (folder / "checkpoints").as_uri(),
        "restart-strategy.type": "fixed-delay",
        "restart-strategy.fixed-delay.attempts": "1",
        "restart-strategy.fixed-delay.delay": "0 s",
        "pipeline.object-reuse": "true",
    }.items():
        configuration.set_string(name, value)
    execution = StreamExecutionEnvironment.get_execution_environment(configuration)
    execution.add_jars(*jar_urls())
    return StreamTableEnvironment.create(execution)


def _failing_once(
    environment: StreamTableEnvironment, table: Table, columns: list[str], marker: Path, fails_at: int
) -> Table:
    path = str(marker)

    def fail_once(number: int) -> int:
        if number == fails_at and not Path(path).exists():
            Path(path).touch()
            raise RuntimeError("the failure that the test plants")
        return number

    environment.create_temporary_function("fail_once", udf(fail_once, result_type=DataTypes.BIGINT()))
    environment.create_temporary_view("featured", table)
    selected = ", ".join(f"`{name}`" for name in columns)
    return environment.sql_query(f"SELECT fail_once(`offset`) AS `offset`, {selected} FROM featured")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
