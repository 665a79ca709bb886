"""From what came out to rates, medians, ratios and tables."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.peers.events import event_id, make_events
from benchmarks.peers.progress import (
    Arrival,
    Difference,
    difference,
    done_by_batches,
    done_by_markers,
    events_per_s,
)
from benchmarks.peers.results import LatencyResult, Results, RunResult, medians
from benchmarks.peers.table import BEGIN, END, report, targets, write_page

RUN = RunResult("tandem", "stateless", 0, 1000, 1000, 50_000.0, 800.0, 12)


def test_missing_and_wrong_alerts_are_counted_and_repeated_ones_are_not() -> None:
    arrivals = [Arrival(1.0, event_id(index)) for index in (3, 3, 5, 9)]
    assert difference(arrivals, {3, 5, 7}) == Difference(missing=1, wrong=1)
    assert difference(arrivals[:3], {3, 5}) == Difference(0, 0)


def test_markers_tell_how_much_of_each_partition_is_done() -> None:
    events = make_events("uniform", 8_000, 1_767_225_600_000)
    markers = [index for index in range(len(events)) if events.marker[index]]
    arrivals = [Arrival(float(place), event_id(index)) for place, index in enumerate(markers)]
    progress = done_by_markers([*arrivals, Arrival(0.5, event_id(1))], events)
    assert [done for _, done in progress] == sorted(done for _, done in progress)
    assert progress[-1][1] == sum(
        max(int(events.position[i]) for i in markers if events.partition[i] == number) + 1
        for number in range(4)
    )


def test_the_rate_leaves_the_first_quarter_out() -> None:
    progress = [(0.0, 100), (9_000.0, 250), (10_000.0, 625), (11_000.0, 1000)]
    assert events_per_s(progress) == pytest.approx(750 / 2)
    assert events_per_s([]) == 0.0
    assert events_per_s([(5.0, 10)]) == 0.0


def test_batches_of_two_processes_are_one_progress() -> None:
    assert done_by_batches([(2.0, 10), (1.0, 5), (3.0, 10)]) == [(1.0, 5), (2.0, 15), (3.0, 25)]


def test_the_median_is_of_right_runs_only() -> None:
    rates = (10.0, 30.0, 20.0)
    runs = [replace(RUN, repeat=number, events_per_s=rate) for number, rate in enumerate(rates)]
    cut = replace(RUN, repeat=3, events_per_s=999.0, missing=1)
    found = medians([*runs, cut])["tandem", "stateless"]
    assert (found.events_per_s, found.least, found.most, found.runs, found.wrong_runs) == (20, 10, 30, 3, 1)


def test_a_cut_comparison_goes_on_where_it_was(tmp_path: Path) -> None:
    results = Results(tmp_path / "runs.jsonl")
    results.add(RUN)
    results.add(LatencyResult("stateless", 0, 1000, 25_000.0, 40, 5.0, 50.0))
    results.add(replace(RUN, events_per_s=60_000.0))
    results.add(replace(RUN, of_events=5))
    assert results.runs(1000) == [replace(RUN, events_per_s=60_000.0)]
    assert [latency.p99_ms for latency in results.latencies(1000)] == [50.0]
    results.forget()
    assert results.runs(1000) == []


def test_targets_are_ratios_to_the_limits() -> None:
    runs = [
        RUN,
        replace(RUN, contender="consume_parse", events_per_s=90_000.0),
        replace(RUN, work="three_windows"),
        replace(RUN, contender="consume_windows", work="three_windows", events_per_s=101_000.0),
        replace(RUN, work="ten_windows", events_per_s=61_000.0),
    ]
    slow = LatencyResult("stateless", 0, 1000, 25_000.0, 40, 5.0, 301.0)
    reached = {target.text: target.reached for target in targets(medians(runs), [slow])}
    assert list(reached.values()) == [True, False, True, None, None, False]


def test_the_tables_name_rates_ratios_and_wrong_runs(tmp_path: Path) -> None:
    results = Results(tmp_path / "runs.jsonl")
    results.add(RUN)
    results.add(replace(RUN, contender="bytewax", events=500, events_per_s=20_000.0, peak_mib=200.0))
    results.add(replace(RUN, contender="spark", wrong=2))
    text = report(results, 1000)
    assert "| stateless rule | 50,000 (50k-50k) | 20,000 (20k-20k) | wrong |" in text
    assert "| stateless rule | 2.5 |" in text
    assert "- spark at stateless: 1 runs cut, or with other alerts than are right" in text
    page = tmp_path / "page.md"
    page.write_text(f"before {BEGIN} old {END} after")
    write_page(text, page)
    assert page.read_text() == f"before {BEGIN}\n\n{text}\n\n{END} after"


@pytest.mark.parametrize(("share", "state"), [(0.02, "quiet"), (0.4, "shared")])
def test_the_page_says_whether_the_machine_was_quiet(tmp_path: Path, share: float, state: str) -> None:
    results = Results(tmp_path / "runs.jsonl")
    results.add(replace(RUN, others_share=share))
    assert f"was {state}: other programs took {share:.0%} of its processor time" in report(results, 1000)
