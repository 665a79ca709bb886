"""Which events of an alert's window the stream had seen."""

from __future__ import annotations

from typing import Any

from rules.alert_windows import alert_windows, seen_by_stream
from rules.features import Feature

WINDOW_MS = 1000
FEATURE = Feature("COUNT", None, "transaction", None, "card_id", WINDOW_MS, 0, "integer")
ALERT: dict[str, Any] = {
    "source": {"partition": 0, "offset": 9},
    "seen": {"card_id": {"0": 9, "1": 4}},
    "held_from_ms": {"card_id": {"transaction": 4200}},
}


def _seen(partition: int, offset: int, time_ms: int = 4500) -> str:
    (window,) = alert_windows({"n": FEATURE}, {"event_time_ms": 5000, "card_id": "c"})
    event = {"partition": partition, "offset": offset, "event_time_ms": time_ms}
    return seen_by_stream(ALERT, window, event)


def test_a_window_reaches_from_its_length_before_the_event_to_the_event() -> None:
    (window,) = alert_windows({"n": FEATURE}, {"event_time_ms": 5000, "card_id": "c"})
    assert (window.from_ms, window.to_ms, window.key) == (4000, 5000, "c")


def test_an_event_without_the_key_has_no_window() -> None:
    assert alert_windows({"n": FEATURE}, {"event_time_ms": 5000, "card_id": None}) == []


def test_what_lies_behind_the_last_offset_was_not_seen() -> None:
    assert [_seen(0, 9), _seen(0, 8), _seen(1, 4), _seen(1, 5), _seen(2, 0)] == [
        "itself",
        "yes",
        "yes",
        "no",
        "no",
    ]


def test_what_was_let_go_is_no_longer_seen() -> None:
    assert [_seen(0, 1, 4199), _seen(0, 1, 4200)] == ["no longer", "yes"]
