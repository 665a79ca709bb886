"""What the producer may send is what the parsers accept."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.events import Reason, load_contract
from contract.parser import parse_message, validate_event
from contract.quick_check import surely_valid
from tests.contract.generated import boundary_events, mutated_events
from tests.contract.messages import APPEND_TIME_MS, GOOD, encoded

LONG_AFTER_MS = 2**63
FIELD_NAMES = [field.name for field in load_contract().columns]
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def _outcome(event: dict[str, Any]) -> tuple[Reason, str] | None:
    parsed = parse_message(encoded(event), LONG_AFTER_MS)
    return None if parsed.reason is None else (parsed.reason, parsed.detail or "")


def test_validation_is_the_parser_on_limits_and_mutations() -> None:
    for event in (*boundary_events(), *mutated_events(11, 2000)):
        assert validate_event(event) == _outcome(event), event


@settings(max_examples=300, deadline=None)
@given(
    event_type=st.sampled_from(sorted(GOOD)),
    changes=st.dictionaries(st.sampled_from(FIELD_NAMES) | st.text(max_size=5), JSON_VALUES, max_size=4),
)
def test_validation_is_the_parser_on_any_json_values(event_type: str, changes: dict[str, Any]) -> None:
    event = {**GOOD[event_type], **changes}
    assert validate_event(event) == _outcome(event)


@settings(max_examples=300, deadline=None)
@given(text=st.text(max_size=70) | st.from_regex("[0-9 -]{10,30}", fullmatch=True))
def test_text_comes_back_as_it_was_sent(text: str) -> None:
    event = {**GOOD["application"], "region": text}
    parsed = parse_message(json.dumps(event).encode(), APPEND_TIME_MS)
    assert parsed.reason in (Reason.OUT_OF_RANGE, Reason.CARD_NUMBER) or parsed.values["region"] == text


@pytest.mark.parametrize("event_type", GOOD)
def test_good_events_take_the_cheap_way(event_type: str) -> None:
    assert surely_valid(GOOD[event_type])


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_is_not_finite_is_out_of_range(number: float) -> None:
    refused = validate_event({**GOOD["transaction"], "latitude": number})
    assert refused == (Reason.OUT_OF_RANGE, "latitude: expected -90 to 90")


def test_a_lone_surrogate_is_not_sent() -> None:
    assert validate_event({**GOOD["transaction"], "city": "\ud800"}) == (Reason.NOT_JSON, "a lone surrogate")


def test_an_absent_currency_and_the_default_have_one_content() -> None:
    with_default = parse_message(encoded({**GOOD["application"], "currency": "USD"}), APPEND_TIME_MS)
    without = parse_message(encoded(GOOD["application"]), APPEND_TIME_MS)
    assert with_default.content_hash == without.content_hash
