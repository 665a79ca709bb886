"""Run by the stream's Python: the values of SQL expressions over rows in one batch query of Flink."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

from pyflink.table import DataTypes, EnvironmentSettings, TableEnvironment

EXPRESSIONS_A_QUERY = 100
TYPES = {
    "text": DataTypes.STRING(),
    "integer": DataTypes.BIGINT(),
    "number": DataTypes.DOUBLE(),
    "boolean": DataTypes.BOOLEAN(),
}


def main(request: Path, answer: Path) -> None:
    """Read types, rows and expressions; write one list of values a row."""
    types, rows, expressions = pickle.loads(request.read_bytes())
    environment = TableEnvironment.create(EnvironmentSettings.in_batch_mode())
    environment.get_config().set("parallelism.default", "1")
    schema = DataTypes.ROW([DataTypes.FIELD(name, TYPES[kind]) for name, kind in types.items()])
    environment.create_temporary_view("events", environment.from_elements(rows, schema))
    values: list[list[object]] = [[] for _ in rows]
    for first in range(0, len(expressions), EXPRESSIONS_A_QUERY):
        some = expressions[first : first + EXPRESSIONS_A_QUERY]
        columns = ", ".join(f"{sql} AS c{number}" for number, sql in enumerate(some))
        with environment.execute_sql(f"SELECT `row_number`, {columns} FROM events").collect() as found:
            for number, *row in found:
                values[number] += row
    answer.write_bytes(pickle.dumps(values))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
