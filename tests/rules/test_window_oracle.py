"""The window oracle against values worked out by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest

from contract.events import load_contract
from rules.feature_text import parse_feature
from rules.window_oracle import feature_value

TYPES = load_contract().event_types
BERLIN, NEW_YORK = (52.52, 13.405), (40.7128, -74.006)
BERLIN_TO_NEW_YORK_KM = 6385.0
"""As given by public distance tables, to some kilometres."""


def use(
    event_time_ms: int,
    offset: int,
    amount_cents: int | None = 1,
    place: tuple[float, float] | None = None,
    **fields: Any,
) -> dict[str, Any]:
    common = {"event_type": "transaction", "event_time_ms": event_time_ms, "partition": 0, "offset": offset}
    where = {"latitude": place[0], "longitude": place[1]} if place else {}
    return common | {"card_id": "c", "user_id": "u", "amount_cents": amount_cents} | where | fields


EVENTS = [
    use(3_600_000, 5, 9, NEW_YORK, merchant_id="a", city="x"),
    use(10_000, 1, 10, BERLIN, merchant_id="a", city="y"),
    use(20_000, 3, 4, merchant_id="b"),
    use(20_000, 2, 7, BERLIN, merchant_id="c"),
    use(9_999, 0, 1_000, merchant_id="d"),
    use(15_000, 9, 50, card_id="other", merchant_id="e"),
    {
        "event_type": "payment",
        "event_time_ms": 12_000,
        "partition": 0,
        "offset": 8,
        "user_id": "u",
        "status": "missed",
    },
]
LAST, FIRST_OF_EQUAL, SECOND_OF_EQUAL = EVENTS[0], EVENTS[3], EVENTS[2]

VALUES: list[tuple[str, dict[str, Any], object]] = [
    ("COUNT(*) BY card_id OVER 10 SECONDS", SECOND_OF_EQUAL, 3),
    ("COUNT(*) BY card_id OVER 10 SECONDS", FIRST_OF_EQUAL, 3),
    ("COUNT(*) BY card_id OVER 11 SECONDS", FIRST_OF_EQUAL, 4),
    ("COUNT(*) BY card_id OVER 10 SECONDS STEP 9 SECONDS", FIRST_OF_EQUAL, 4),
    ("COUNT(*) WHERE amount_cents > 5 BY card_id OVER 10 SECONDS", FIRST_OF_EQUAL, 2),
    ("COUNT(*) WHERE city = 'y' BY card_id OVER 10 SECONDS", FIRST_OF_EQUAL, 1),
    ("COUNT(*) OF payment WHERE status = 'missed' BY user_id OVER 10 SECONDS", FIRST_OF_EQUAL, 1),
    ("COUNT(*) OF payment BY user_id OVER 5 SECONDS", FIRST_OF_EQUAL, 0),
    ("COUNT(*) BY device_id OVER 10 SECONDS", FIRST_OF_EQUAL, None),
    ("COUNT(DISTINCT merchant_id) BY card_id OVER 1 HOUR", LAST, 4),
    ("COUNT(DISTINCT city) BY card_id OVER 10 SECONDS", FIRST_OF_EQUAL, 1),
    ("SUM(amount_cents) BY card_id OVER 10 SECONDS", FIRST_OF_EQUAL, 21),
    ("AVG(amount_cents) BY card_id OVER 10 SECONDS", FIRST_OF_EQUAL, 7.0),
    ("MIN(amount_cents) BY card_id OVER 10 SECONDS", FIRST_OF_EQUAL, 4),
    ("MAX(latitude) BY card_id OVER 1 HOUR", LAST, 52.52),
    ("STDDEV(amount_cents) BY card_id OVER 10 SECONDS", FIRST_OF_EQUAL, 3.0),
    ("STDDEV(amount_cents) BY card_id OVER 1 SECOND", LAST, None),
    ("SUM(amount_cents) WHERE amount_cents > 9999 BY card_id OVER 1 HOUR", LAST, None),
    ("MS_SINCE_PREVIOUS() BY card_id OVER 10 SECONDS", FIRST_OF_EQUAL, 10_000),
    ("MS_SINCE_PREVIOUS() BY card_id OVER 10 SECONDS", SECOND_OF_EQUAL, 0),
    ("MS_SINCE_PREVIOUS() BY card_id OVER 1 SECOND", LAST, None),
    ("MS_SINCE_PREVIOUS() OF payment BY user_id OVER 1 HOUR", FIRST_OF_EQUAL, 8_000),
    ("PREVIOUS(city) BY card_id OVER 1 HOUR", SECOND_OF_EQUAL, "y"),
    ("PREVIOUS(merchant_id) BY card_id OVER 1 HOUR", LAST, "b"),
    ("FIRST_SEEN_MS(merchant_id) BY card_id OVER 1 HOUR", LAST, 10_000),
    ("FIRST_SEEN_MS(merchant_id) BY card_id OVER 1 MINUTE", LAST, 3_600_000),
    ("FIRST_SEEN_MS(city) BY card_id OVER 1 HOUR", FIRST_OF_EQUAL, None),
    ("DISTANCE_KM() BY card_id OVER 1 HOUR", SECOND_OF_EQUAL, None),
    ("SPEED_KMH() BY card_id OVER 1 SECOND", LAST, None),
    ("DISTANCE_KM() BY card_id OVER 10 SECONDS", FIRST_OF_EQUAL, 0.0),
]  # fmt: skip


@pytest.mark.parametrize(("text", "event", "expected"), VALUES)
def test_a_feature_has_the_value_that_its_definition_gives(
    text: str, event: dict[str, Any], expected: object
) -> None:
    feature = parse_feature(text, TYPES["transaction"], TYPES)
    for events in (EVENTS, EVENTS[::-1]):
        assert feature_value(feature, event, events) == expected


def test_distance_and_speed_are_those_of_the_globe() -> None:
    distance, speed = (
        feature_value(
            parse_feature(f"{name}() BY card_id OVER 1 HOUR", TYPES["transaction"], TYPES), LAST, EVENTS
        )
        for name in ("DISTANCE_KM", "SPEED_KMH")
    )
    assert isinstance(distance, float)
    assert isinstance(speed, float)
    assert distance == pytest.approx(BERLIN_TO_NEW_YORK_KM, abs=5)
    assert speed == pytest.approx(distance * 3_600_000 / 3_580_000)
    assert math.isfinite(speed)


def test_sums_stop_at_the_ends_of_64_bits() -> None:
    feature = parse_feature("SUM(amount_cents) BY card_id OVER 1 HOUR", TYPES["transaction"], TYPES)
    events = [use(1, number, 2**62) for number in range(3)]
    assert feature_value(feature, events[-1], events) == 2**63 - 1


def test_events_that_are_gone_are_not_seen() -> None:
    feature = parse_feature("COUNT(*) BY card_id OVER 1 HOUR", TYPES["transaction"], TYPES)
    assert feature_value(feature, LAST, EVENTS) == 5
    assert feature_value(feature, LAST, EVENTS, gone_before_ms=20_000) == 3
