"""Run as a program: the values of SQL expressions over rows in one query of Spark."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

from pyspark.sql import SparkSession
from pyspark.sql.types import BooleanType, DoubleType, LongType, StringType, StructField, StructType

EXPRESSIONS_A_QUERY = 100
TYPES = {"text": StringType(), "integer": LongType(), "number": DoubleType(), "boolean": BooleanType()}


def main(request: Path, answer: Path) -> None:
    """Read types, rows and expressions; write one list of values a row."""
    types, rows, expressions = pickle.loads(request.read_bytes())
    builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    spark = builder.config("spark.driver.host", "127.0.0.1").getOrCreate()
    schema = StructType([StructField(name, TYPES[kind]) for name, kind in types.items()])
    spark.createDataFrame(rows, schema).createOrReplaceTempView("events")
    values: list[list[object]] = [[] for _ in rows]
    for first in range(0, len(expressions), EXPRESSIONS_A_QUERY):
        some = expressions[first : first + EXPRESSIONS_A_QUERY]
        columns = ", ".join(f"{sql} AS c{number}" for number, sql in enumerate(some))
        for number, *row in spark.sql(f"SELECT `row_number`, {columns} FROM events").collect():
            values[number] += row
    answer.write_bytes(pickle.dumps(values))
    spark.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
