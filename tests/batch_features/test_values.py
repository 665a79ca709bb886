"""Features of sorted rows, against the plain list."""

from __future__ import annotations

import math
from typing import Any

import pyarrow as pa
import pytest

from contract.events import FieldType, load_contract
from rules.feature_plan import FeaturePlan
from rules.features import Feature
from rules.interpreter import fires
from rules.window_oracle import feature_value
from spark_jobs.features.adding import GROUP, added
from spark_jobs.features.chunks import whole_groups
from spark_jobs.features.specification import executor_steps
from tests.batch_features.random_events import random_events, random_plan

ARROW: dict[FieldType, pa.DataType] = {
    "text": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
}


def same(feature: Feature, value: Any, expected: Any) -> bool:
    """Equal to the last bit, save for distances, which two formulas give."""
    if feature.function in ("DISTANCE_KM", "SPEED_KMH") and value is not None and expected is not None:
        return math.isclose(value, expected, rel_tol=1e-12, abs_tol=1e-6)
    return type(value) is type(expected) and bool(value == expected)


def table_of(events: list[dict[str, Any]], plan: FeaturePlan) -> pa.Table:
    """The rows as the executors get them, before they are brought together by a key."""
    schema = [(field.name, ARROW[field.type]) for field in load_contract().columns]
    schema += [("topic", pa.string()), ("partition", pa.int32()), ("offset", pa.int64())]
    schema += [(name, pa.bool_()) for name in plan.filters]
    rows = [
        event | {name: fires(condition, event) for name, condition in plan.filters.items()}
        for event in events
    ]
    return pa.Table.from_pylist(rows, pa.schema(schema))


def grouped(table: pa.Table, key: str) -> pa.Table:
    users = [f"\0{user}" for user in table["user_id"].to_pylist()]
    keys = [value or user for value, user in zip(table[key].to_pylist(), users, strict=True)]
    if GROUP in table.column_names:
        table = table.drop_columns([GROUP])
    order = [(name, "ascending") for name in (GROUP, "event_time_ms", "partition", "offset")]
    return table.append_column(GROUP, pa.array(keys)).sort_by(order)


@pytest.mark.parametrize("seed", [1, 2])
def test_every_feature_has_the_value_that_the_plain_list_gives(seed: int) -> None:
    plan, events = random_plan(seed), random_events(seed, 220)
    table = table_of(events, plan)
    for step in executor_steps(plan):
        table = added(grouped(table, step.key), step)
    by_id = {event["event_id"]: event for event in events}
    for row in table.to_pylist():
        event = by_id[row["event_id"]]
        for feature in plan.features:
            expected = feature_value(feature, event, events) if event["event_type"] == "transaction" else None
            assert same(feature, row[feature.column], expected), (feature.text, row[feature.column], expected)


def test_sorted_batches_are_cut_where_a_group_ends() -> None:
    groups = [f"g{number // 7:03}" for number in range(100)]
    batch = pa.RecordBatch.from_pydict({GROUP: groups, "place": list(range(100))})
    batches = [batch.slice(start, 3) for start in range(0, 100, 3)] + [batch.slice(0, 0)]
    chunks = list(whole_groups(batches, GROUP, rows_per_chunk=10))
    assert [place for chunk in chunks for place in chunk["place"].to_pylist()] == list(range(100))
    assert len(chunks) > 5
    ends = [chunk[GROUP].to_pylist()[-1] for chunk in chunks]
    starts = [chunk[GROUP].to_pylist()[0] for chunk in chunks]
    assert all(end < start for end, start in zip(ends, starts[1:], strict=False))


def test_a_group_of_any_size_stays_whole() -> None:
    batch = pa.RecordBatch.from_pydict({GROUP: ["a"] * 50})
    assert [len(chunk) for chunk in whole_groups([batch] * 4, GROUP, rows_per_chunk=10)] == [200]
