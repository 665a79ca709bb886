from __future__ import annotations

from typing import Any

import numpy as np
import orjson
import pytest

from contract.events import load_contract
from contract.parser import validate_event
from ingestion.column_check import check_columns
from ingestion.errors import GeneratedEventError
from ingestion.options import StreamOptions
from ingestion.stream import generate_stream

NUMBERS = [
    (event_type.name, field)
    for event_type in load_contract().event_types.values()
    for field in event_type.fields
    if field.type == "integer"
]


def good_event(event_type: str) -> dict[str, Any]:
    stream = StreamOptions(events=2_000, start_ms=1_700_000_000_000, users=60, broken=0)
    events = (orjson.loads(m.value or b"") for batch in generate_stream(stream, frozenset()) for m in batch)
    return next(event for event in events if event["event_type"] == event_type)


@pytest.fixture(scope="module")
def good_events() -> dict[str, dict[str, Any]]:
    return {name: good_event(name) for name in load_contract().event_types}


@pytest.mark.parametrize(("event_type", "field"), NUMBERS, ids=[f"{t}.{f.name}" for t, f in NUMBERS])
def test_columns_are_refused_exactly_when_the_contract_refuses_the_event(
    event_type: str, field: Any, good_events: dict[str, dict[str, Any]]
) -> None:
    edges = [int(edge) + step for edge in (field.min, field.max) for step in (-1, 0, 1)]
    for value in [edge for edge in edges if abs(edge) < 2**63]:
        refused = validate_event({**good_events[event_type], field.name: value}) is not None
        columns = {field.name: np.array([int(field.min) + 1, value], dtype=np.int64)}
        if refused:
            with pytest.raises(GeneratedEventError, match=f"{event_type}.{field.name}"):
                check_columns(event_type, **columns)
        else:
            check_columns(event_type, **columns)


def test_fractions_are_refused_where_whole_numbers_are_due() -> None:
    with pytest.raises(GeneratedEventError, match="whole"):
        check_columns("transaction", amount_cents=np.array([1.5]))


def test_not_a_number_is_refused() -> None:
    with pytest.raises(GeneratedEventError):
        check_columns("transaction", amount_cents=np.array([np.nan]))
