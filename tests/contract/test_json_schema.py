"""The published JSON Schema is made from the contract and says the same."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from contract.events import Reason, load_contract
from contract.json_schema import SCHEMA_PATH, json_schema, schema_text
from contract.parser import parse_message
from tests.contract.generated import boundary_events, mutated_events
from tests.contract.messages import APPEND_TIME_MS, encoded

BEYOND_SCHEMA = {Reason.CARD_NUMBER, Reason.FUTURE_EVENT_TIME}


@pytest.fixture(scope="module")
def schema() -> Draft202012Validator:
    return Draft202012Validator(json_schema(load_contract()))


def test_the_file_is_in_step_with_the_contract() -> None:
    assert SCHEMA_PATH.read_text(encoding="utf-8") == schema_text(), "run: python -m contract.json_schema"


def test_the_schema_is_valid_by_its_own_standard() -> None:
    Draft202012Validator.check_schema(json_schema(load_contract()))


def test_the_schema_accepts_what_the_contract_accepts(schema: Draft202012Validator) -> None:
    events = [
        event for event in (*boundary_events(), *mutated_events(7, 1500)) if not _has_whole_double(event)
    ]
    differences = [event for event in events if schema.is_valid(event) != _is_accepted(event)]

    assert len(events) > 2500
    assert not differences, f"{len(differences)} events differ, such as {differences[:3]}"


def _is_accepted(event: dict[str, Any]) -> bool:
    reason = parse_message(encoded(event), APPEND_TIME_MS).reason
    return reason is None or reason in BEYOND_SCHEMA


def _has_whole_double(event: dict[str, Any]) -> bool:
    """1.0 is a whole number to JSON Schema, not to the contract."""
    return any(isinstance(value, float) and value.is_integer() for value in event.values())
