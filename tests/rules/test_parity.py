"""One text, three readings: Flink, Spark and plain Python give the same values."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rules.dialects import DIALECTS, Engine
from rules.interpreter import evaluate
from tests.rules.engine_values import engine_values
from tests.rules.generated import TYPES, expressions, rows

EXPRESSIONS = 300
ROWS = 80
SEED = 20261121


@pytest.mark.engines
@pytest.mark.timeout(600)
def test_generated_expressions_have_one_value_in_flink_spark_and_python(tmp_path: Path) -> None:
    trees, events = expressions(EXPRESSIONS, SEED), rows(ROWS, SEED)

    def values(engine: Engine) -> list[list[object]]:
        sql = [DIALECTS[engine].render(tree) for tree in trees.values()]
        return engine_values(engine, TYPES, events, sql, tmp_path)

    with ThreadPoolExecutor(2) as pool:
        flink, spark = pool.map(values, ("flink", "spark"))
    wrong = [
        (text, event, expected, in_flink, in_spark)
        for event, flink_row, spark_row in zip(events, flink, spark, strict=True)
        for (text, tree), in_flink, in_spark in zip(trees.items(), flink_row, spark_row, strict=True)
        if not _same(expected := evaluate(tree, event), in_flink) or not _same(expected, in_spark)
    ]
    assert wrong == []
    booleans = [evaluate(tree, event) for tree in trees.values() for event in events]
    assert {True, False, None} <= set(booleans)


def _same(expected: object, found: object) -> bool:
    return type(expected) is type(found) and expected == found
