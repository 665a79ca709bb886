"""Run by the stream's Python: the values of SQL expressions over rows in one batch query of Flink."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

from pyflink.table import DataTypes, EnvironmentSettings, TableEnvironment

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
    columns = ", ".join(f"{sql} AS c{number}" for number, sql in enumerate(expressions))
    with environment.execute_sql(f"SELECT `row_number`, {columns} FROM events").collect() as found:
        values = sorted([list(row) for row in found])
    answer.write_bytes(pickle.dumps([row[1:] for row in values]))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
