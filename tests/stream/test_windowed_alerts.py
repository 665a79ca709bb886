"""Alerts of rules with features: evidence, and what the operator had seen, on literal messages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.features.test_windowed_features import mix
from tests.stream.test_functions import raised

pytestmark = pytest.mark.engines

PARTITION = 7
START_MS = 1_759_990_000_000
RULES = {
    "card_burst": """
id: card_burst
version: 3
on: transaction
features:
  uses: COUNT(*) BY card_id OVER 10 MINUTES
  spent: SUM(amount_cents) WHERE channel = 'pos' BY card_id OVER 1 HOUR
  places: COUNT(DISTINCT merchant_id) BY device_id OVER 1 HOUR
  missed: COUNT(*) OF payment WHERE status = 'missed' BY user_id OVER 1 DAY
  mean: AVG(amount_cents) BY card_id OVER 1 HOUR
when: uses > 2 AND amount_cents > 50 AND mean < 1000.0
severity: high
message: "{uses} uses, {spent} spent, {missed} missed, {places} places"
""",
    "large_amount": """
id: large_amount
version: 1
on: transaction
when: amount_cents > 900
severity: low
message: large
""",
}


def event(number: int, minute: float, amount_cents: int, **changes: Any) -> dict[str, Any]:
    return {
        "event_id": f"e{number}",
        "event_type": "transaction",
        "event_time_ms": START_MS + int(minute * 60_000),
        "user_id": "u1",
        "card_id": "c1",
        "merchant_id": f"m{number}",
        "amount_cents": amount_cents,
        **changes,
    }


MESSAGES = [
    event(0, 0, 100, channel="pos"),
    event(1, 5, 40, device_id="d1"),
    {**event(2, 6, 0), "event_type": "payment", "application_id": "a", "status": "missed"},
    event(1, 5, 40, device_id="d1"),
    event(3, 8, 60, device_id="d1"),
    event(4, 30, 1_000),
    event(5, 9, 70, channel="pos"),
]


def checksum(*offsets: int) -> str:
    return f"{sum(mix(PARTITION, offset) for offset in offsets) % 2**64:016x}"


def seen_counts(*offsets: int) -> dict[str, Any]:
    counts = {"events": len(offsets), "checksum": checksum(*offsets), "first_offset": min(offsets)}
    return {str(PARTITION): counts}


def test_an_alert_shows_what_its_rule_read_and_which_events_the_operator_had(tmp_path: Path) -> None:
    catalog = tmp_path / "catalog"
    catalog.mkdir()
    for name, text in RULES.items():
        (catalog / f"{name}.yaml").write_text(text)
    found = raised(tmp_path, [orjson.dumps(message) for message in MESSAGES], catalog)

    assert set(found) == {"card_burst:e3", "card_burst:e5", "large_amount:e4"}
    burst = found["card_burst:e3"]
    assert burst["message"] == "3 uses, 100 spent, 1 missed, 2 places"
    assert burst["evidence"] == {
        "uses": 3,
        "amount_cents": 60,
        "mean": 200 / 3,
        "spent": 100,
        "missed": 1,
        "places": 2,
    }
    assert burst["seen"] == {key: {"7": 4} for key in ("user_id", "card_id", "device_id")}
    assert burst["seen_counts"] == {
        "user_id": seen_counts(0, 1, 2, 4),
        "card_id": seen_counts(0, 1, 4),
        "device_id": seen_counts(1, 4),
    }
    assert burst["held_from_ms"] == {"user_id": {}, "card_id": {}, "device_id": {}}
    assert set(burst["counted_from_ms"]) == {"user_id", "card_id", "device_id"}
    assert burst["counted_from_ms"]["user_id"] % (2 * 24 * 60 * 60 * 1000) == 0
    late = found["card_burst:e5"]
    assert late["evidence"]["uses"] == 4
    assert late["evidence"]["places"] is None
    assert set(late["seen"]) == {"user_id", "card_id"}
    assert late["seen_counts"]["card_id"] == seen_counts(0, 1, 4, 5, 6)
    assert found["large_amount:e4"]["seen"] == {}
    assert "seen_counts" not in found["large_amount:e4"]
