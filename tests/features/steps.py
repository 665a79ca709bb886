"""The features that the tests compute: every function, three keys, a filter, another type, a step."""

from __future__ import annotations

from typing import Any

from tests.features.oracle import Feature

DAY_MS = 86_400_000


def _feature(name: str, function: str, field: str | None, **options: Any) -> Feature:
    return {
        "name": name,
        "function": function,
        "field": field,
        "source_type": "transaction",
        "filter": None,
        "window_ms": 60_000,
        "step_ms": 0,
        "on": [],
    } | options


STEPS: list[dict[str, Any]] = [
    {
        "key": "user_id",
        "lateness_ms": 60_000,
        "duplicates_ms": DAY_MS,
        "features": [
            _feature("user_count", "count", None),
            _feature("user_payments", "count", None, source_type="payment", window_ms=200_000),
            _feature("user_spread", "stddev", "amount_cents"),
            _feature("user_merchants", "count_distinct", "merchant_id", window_ms=45_000),
            _feature("user_previous_merchant", "previous", "merchant_id"),
            _feature("user_first_seen", "first_seen", "merchant_id", window_ms=30_000),
        ],
    },
    {
        "key": "card_id",
        "lateness_ms": 60_000,
        "duplicates_ms": 0,
        "features": [
            _feature("card_spent", "sum", "amount_cents"),
            _feature("card_mean", "avg", "amount_cents", step_ms=7_000),
            _feature("card_large", "count", None, filter="is_large", window_ms=5_000),
            _feature("card_kilometres", "distance_km", None),
            _feature("card_speed", "speed_kmh", None),
            _feature("card_pause_ms", "time_since_previous", None),
        ],
    },
    {
        "key": "merchant_id",
        "lateness_ms": 60_000,
        "duplicates_ms": 0,
        "features": [
            _feature("merchant_cards", "count_distinct", "card_id", window_ms=90_000),
            _feature("merchant_most", "max", "amount_cents"),
            _feature("merchant_south", "min", "latitude"),
        ],
    },
]
