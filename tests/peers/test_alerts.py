"""What contenders are compared with, and what they compute with, against a loop over all pairs of events."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks.peers.assignment import Assignment
from benchmarks.peers.contenders.consume import Taking
from benchmarks.peers.events import Events, event_id, make_events
from benchmarks.peers.oracle import expect, window_values
from benchmarks.peers.packed_rows import add_row
from benchmarks.peers.rolling import Rolling
from benchmarks.peers.rule_text import RULE_ID, rule_text
from benchmarks.peers.work import Window, Work, works
from rules.catalog import load_catalog

EVENTS = 4_000
END_MS = 1_767_225_600_000
SPAN_MS = 72 * 3_600_000
STEP_MS = SPAN_MS / EVENTS
WORKS = works()
DENSE = WORKS[-3]


@pytest.fixture(scope="module")
def dense() -> Events:
    return make_events("dense", EVENTS, END_MS, STEP_MS)


def slow_values(window: Window, events: Events) -> list[int]:
    key, values = events.key(window.key).tolist(), []
    times, amounts = events.time_ms.tolist(), events.amount_cents.tolist()
    for place, now_ms in enumerate(times):
        rows = [
            amounts[other]
            for other in range(place + 1)
            if key[other] == key[place] and now_ms - window.window_ms <= times[other] <= now_ms
        ]
        values.append(len(rows) if window.function == "count" else sum(rows))
    return values


@pytest.mark.parametrize("function", ["count", "sum"])
@pytest.mark.parametrize("key", ["user_id", "card_id"])
def test_the_sorted_columns_give_what_a_loop_over_all_pairs_gives(function: str, key: str) -> None:
    events = make_events("dense", 700, END_MS, SPAN_MS / 700)
    window = Window(function, key, 24 * 3_600_000)  # type: ignore[arg-type]
    assert window_values(window, events).tolist() == slow_values(window, events)


def test_deques_and_packed_rows_hold_the_same_windows(dense: Events) -> None:
    windows = tuple(Window(f, "card_id", hours * 3_600_000) for f, hours in (("count", 2), ("sum", 30)))  # type: ignore[arg-type]
    right = [window_values(window, dense).tolist() for window in windows]
    rollings: dict[int, Rolling] = {}
    packed: dict[int, bytes] = {}
    columns = zip(dense.card.tolist(), dense.time_ms.tolist(), dense.amount_cents.tolist(), strict=True)
    for place, (card, time_ms, amount_cents) in enumerate(columns):
        wanted = [values[place] for values in right]
        assert rollings.setdefault(card, Rolling(windows)).add(time_ms, amount_cents) == wanted
        packed[card], values = add_row(packed.get(card), windows, time_ms, amount_cents)
        assert values == wanted
    assert len(max(packed.values(), key=len)) < 8 * 2 * EVENTS / 10


@pytest.mark.parametrize("work", WORKS, ids=lambda work: work.name)
def test_a_plain_consumer_gives_the_alerts_that_are_right(work: Work) -> None:
    events = make_events(work.dataset, EVENTS, END_MS, STEP_MS)
    expected = expect(work, events)
    assignment = Assignment("", "", EVENTS, "", work.windows, expected.thresholds, "")
    taking = Taking(assignment)
    batch = [SimpleNamespace(value=lambda message=message: message) for *_, message in events.messages()]
    (taking.windows if work.windows else taking.parse)(batch)
    right = expected.among_first(EVENTS)
    assert set(taking.alerts) == {event_id(index) for index in right}
    assert len(right) > events.marker.sum() or work.dataset != "dense"


def test_a_shorter_topic_is_the_start_of_the_longer_one(dense: Events) -> None:
    longer = list(dense.messages())[:500]
    assert list(dense.first(500).messages()) == longer
    assert expect(DENSE, dense).among_first(500) < expect(DENSE, dense).among_first(EVENTS)


def test_times_rise_and_positions_are_offsets(dense: Events) -> None:
    assert (dense.time_ms[1:] > dense.time_ms[:-1]).all()
    assert dense.time_ms[-1] < END_MS
    for number in range(4):
        mine = dense.position[dense.partition == number].tolist()
        assert mine == list(range(len(mine)))


@pytest.mark.parametrize("work", WORKS, ids=lambda work: work.name)
def test_every_work_is_a_rule_of_the_catalog(work: Work, tmp_path: Path) -> None:
    thresholds = expect(work, make_events(work.dataset, 1_000, END_MS)).thresholds
    (tmp_path / f"{RULE_ID}.yaml").write_text(rule_text(work, thresholds))
    (rule,) = load_catalog(tmp_path)
    assert list(rule.features) == [window.name for window in work.windows]
