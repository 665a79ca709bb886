"""One text, three readings: Flink, Spark and plain Python give the same values."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rules.canonical import canonical_text
from rules.conditions import parse_expression
from rules.dialects import DIALECTS, Dialect, Engine, FlinkDialect
from rules.expressions import Listed, ParameterValue
from rules.interpreter import evaluate
from tests.rules.engine_values import engine_values
from tests.rules.generated import NAMES, TYPES, expressions, rows

EXPRESSIONS = 2_000
ROWS = 40
SEED = 20261121


class GivenFacts(FlinkDialect):
    """Flink's dialect with the values of dated facts in columns, as Spark has them."""

    def parameter(self, value: ParameterValue) -> str:
        return self.column(value.column)

    def listed(self, value: Listed) -> str:
        return self.column(value.column)


GIVEN: dict[Engine, Dialect] = {"flink": GivenFacts(), "spark": DIALECTS["spark"]}


@pytest.mark.engines
@pytest.mark.timeout(600)
def test_generated_expressions_have_one_value_in_flink_spark_and_python(tmp_path: Path) -> None:
    trees, events = expressions(EXPRESSIONS, SEED), rows(ROWS, SEED)

    def values(engine: Engine) -> list[list[object]]:
        sql = [GIVEN[engine].render(tree) for tree in trees.values()]
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


def test_generated_expressions_read_the_same_from_their_canonical_text() -> None:
    trees = expressions(EXPRESSIONS, SEED)
    assert [
        text for text, tree in trees.items() if parse_expression(canonical_text(tree), NAMES) != tree
    ] == []


def _same(expected: object, found: object) -> bool:
    return type(expected) is type(found) and expected == found
