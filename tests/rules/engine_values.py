"""Values of expressions in the real engines."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rules.dialects import Engine
from stack.folder import STREAM_PYTHON
from tests.programs import run_program

PROGRAMS = {"flink": (STREAM_PYTHON, "flink_values.py"), "spark": (Path(sys.executable), "spark_values.py")}


def engine_values(
    engine: Engine,
    types: Mapping[str, str],
    rows: Sequence[Mapping[str, Any]],
    sql: Sequence[str],
    folder: Path,
) -> list[list[Any]]:
    """Return for each row the values of the SQL expressions in an engine."""
    python, program = PROGRAMS[engine]
    request, answer = folder / f"{engine}.request", folder / f"{engine}.answer"
    numbered = [(number, *(row[name] for name in types)) for number, row in enumerate(rows)]
    request.write_bytes(pickle.dumps(({"row_number": "integer", **types}, numbered, list(sql))))
    run_program(python, Path(__file__).with_name(program), request, answer, timeout_s=570)
    values: list[list[Any]] = pickle.loads(answer.read_bytes())
    return values
