"""Random events with nulls, extremes and equal times, and features of every function over them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from contract.events import load_contract
from rules.feature_plan import FeaturePlan, PlannedFeature
from rules.feature_text import parse_feature
from rules.features import Feature

START_MS = 1_700_000_000_123
AMOUNT_MAX = 99_999_999_999_999
CALLS = (
    "COUNT(*)",
    "COUNT(DISTINCT merchant_id)",
    "COUNT(DISTINCT country)",
    "SUM(amount_cents)",
    "AVG(amount_cents)",
    "MIN(amount_cents)",
    "MIN(latitude)",
    "MAX(amount_cents)",
    "STDDEV(amount_cents)",
    "MS_SINCE_PREVIOUS()",
    "DISTANCE_KM()",
    "SPEED_KMH()",
    "FIRST_SEEN_MS(merchant_id)",
    "FIRST_SEEN_MS(device_id)",
    "PREVIOUS(merchant_id)",
    "PREVIOUS(amount_cents)",
    "PREVIOUS(latitude)",
)
FILTERS = ("", "", "WHERE amount_cents > 500", "WHERE channel = 'pos' OR device_id IS NULL")
KEYS = ("user_id", "card_id", "device_id")
SIZES = ("1 SECOND", "40 SECONDS", "40 SECONDS STEP 7 SECONDS", "10 MINUTES STEP 1 MINUTE", "90 DAYS")
MISSED = "COUNT(*) OF payment WHERE status = 'missed' BY user_id OVER 1 MINUTE"


def random_events(seed: int, count: int) -> list[dict[str, Any]]:
    """Accepted events in the order of two partitions' offsets; a third of them come late."""
    draw = random.Random(seed)
    return [_event(draw, number) for number in range(count)]


def _event(draw: random.Random, number: int) -> dict[str, Any]:
    time_ms = START_MS + number * draw.choice((0, 50, 100)) - draw.choice((0, 0, draw.randrange(60_000)))
    event: dict[str, Any] = {
        "event_id": f"e{number}",
        "event_type": draw.choice(("transaction", "transaction", "transaction", "payment")),
        "event_time_ms": time_ms - time_ms % draw.choice((1, 500)),
        "user_id": f"u{draw.randrange(6)}",
        "topic": "t",
        "partition": draw.randrange(2),
        "offset": number,
        "amount_cents": draw.choice((0, draw.randrange(1000), draw.randrange(10**6), AMOUNT_MAX)),
    }
    if event["event_type"] == "payment":
        return event | {"status": draw.choice(("made", "missed")), "application_id": "a"}
    return event | {
        "card_id": f"c{draw.randrange(9)}",
        "merchant_id": f"m{draw.randrange(5)}",
        "device_id": draw.choice((None, "d1", "d2")),
        "channel": draw.choice((None, "pos", "atm")),
        "country": draw.choice((None, "DE", "FR")),
        "latitude": draw.choice((None, -0.0, 52.5, draw.uniform(-90, 90))),
        "longitude": draw.choice((None, 13.4, draw.uniform(-180, 180))),
    }


def random_plan(seed: int) -> FeaturePlan:
    """Every function over every size of window, each with some key and filter."""
    draw = random.Random(seed)
    texts = [
        f"{call} {draw.choice(FILTERS)} BY {draw.choice(KEYS)} OVER {size}"
        for call in CALLS
        for size in SIZES
    ]
    features = dict.fromkeys(_feature(text) for text in [*texts, MISSED])
    return FeaturePlan(tuple(PlannedFeature(feature, ("transaction",)) for feature in features))


def _feature(text: str) -> Feature:
    types = load_contract().event_types
    return parse_feature(text, types["transaction"], types)


def rows_of(events: list[dict[str, Any]]) -> Iterator[tuple[Any, ...]]:
    """The events as rows of the contract's columns and their places."""
    names = [field.name for field in load_contract().columns] + ["topic", "partition", "offset"]
    for event in events:
        yield tuple(event.get(name) for name in names)
