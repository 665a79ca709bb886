"""``make bench-peers``: compare Tandem with other engines and with the limits of a plain consumer.

``python -m benchmarks.peers [--events N] [--repeats N] [--only NAMES] [--fresh] [--write]``. Runs that
were made before with as many events count, so that a comparison that was cut goes on.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.peers.contender import CONTENDERS, Bench, Contender
from benchmarks.peers.latency import measure_latency
from benchmarks.peers.results import Results, RunResult, medians
from benchmarks.peers.run import Round, run_once
from benchmarks.peers.table import report, write_page
from benchmarks.peers.work import HOUR_MS, Work, works
from stack.environment import read_env
from stack.errors import StackError
from stack.folder import ROOT, stack_folder
from stack.platform import settings_of
from stack.up import Stack

RESULTS = ROOT / ".cache" / "peers" / "runs.jsonl"
LATENCY = "latency"
LATENCY_WORKS = ("stateless", "one_window", "three_windows", "ten_windows")
Place = tuple[Contender, Work, int]


def main(
    events: Annotated[int, typer.Option(help="Events of the longest topic.")] = 6_000_000,
    repeats: Annotated[int, typer.Option(help="Runs of each, of which the median counts.")] = 3,
    only: Annotated[str, typer.Option(help="Contenders, works, contender:work or latency, by commas.")] = "",
    fresh: Annotated[bool, typer.Option(help="Forget the runs that were made before.")] = False,
    minutes: Annotated[float, typer.Option(help="Begin no run later than that; go on another time.")] = inf,
    write: Annotated[bool, typer.Option(help="Write the tables into docs/peers.md.")] = False,
) -> None:
    """Make the runs that are not made yet, and print the tables."""
    results = Results(RESULTS)
    if fresh:
        results.forget()
    try:
        _make_runs(results, events, repeats, _chosen(only), time.monotonic() + 60 * minutes)
    except StackError as error:
        sys.exit(f"error: {error}")
    text = report(results, events)
    print(text)
    if write:
        write_page(text)


def _chosen(only: str) -> set[str]:
    chosen = {name.strip() for name in only.split(",") if name.strip()}
    contenders = {contender.name for contender in CONTENDERS}
    names = contenders | {work.name for work in works()} | {LATENCY}
    for name in {part for choice in chosen for part in choice.split(":")} - names:
        sys.exit(f"error: --only {name}: expected one of {', '.join(sorted(names))}")
    return chosen


def _make_runs(results: Results, events: int, repeats: int, chosen: set[str], until_s: float) -> None:
    left = list(_left(results, events, repeats, chosen))
    late = list(_late(results, events, repeats)) if not chosen or LATENCY in chosen else []
    if not left and not late:
        return
    with _bench() as bench:
        the_round = Round(bench, events, _end_ms())
        for place in left:
            if time.monotonic() > until_s:
                return
            result = run_once(the_round, *place)
            results.add(result)
            _tell(result)
        for work, repeat in late:
            if time.monotonic() > until_s:
                return
            _time_alerts(the_round, results, work, repeat)


def _left(results: Results, events: int, repeats: int, chosen: set[str]) -> Iterator[Place]:
    """The runs that are not made yet; a run that was wrong is made again."""
    made = {(run.contender, run.work, run.repeat) for run in results.runs(events) if run.right}
    for contender, work, repeat in _places(events, repeats, chosen):
        if (contender.name, work.name, repeat) not in made:
            yield contender, work, repeat


def _late(results: Results, events: int, repeats: int) -> Iterator[tuple[Work, int]]:
    """The runs at half rate that are not made yet."""
    timed = {(run.work, run.repeat) for run in results.latencies(events)}
    for repeat in range(repeats):
        for work in works():
            if work.name in LATENCY_WORKS and (work.name, repeat) not in timed:
                yield work, repeat


def _time_alerts(the_round: Round, results: Results, work: Work, repeat: int) -> None:
    """At half of the rate that Tandem reached at the same work."""
    found = medians(results.runs(the_round.of_events)).get(("tandem", work.name))
    if found is None or not found.runs:
        print(f"latency of {work.name}: Tandem's rate is not known yet: run tandem:{work.name} first")
        return
    result = measure_latency(the_round, work, repeat, found.events_per_s / 2)
    results.add(result)
    told = f"p50 {result.p50_ms:.0f}, p99 {result.p99_ms:.0f} ms"
    print(f"latency {work.name} at {result.rate:,.0f}/s: {told}", flush=True)


def _places(events: int, repeats: int, chosen: set[str]) -> Iterator[Place]:
    """Who does what; equal runs far from each other, so that a busy minute hits one of them only."""
    for repeat in range(repeats):
        for work in works():
            for contender in CONTENDERS:
                names = {contender.name, work.name, f"{contender.name}:{work.name}"}
                if contender.does(work) and (not chosen or names & chosen):
                    yield contender, work, repeat


def _end_ms() -> int:
    """The events end an hour ago: none lies in the future, and windows stay clear of what is recent."""
    return int(time.time() * 1000) - HOUR_MS


@contextmanager
def _bench() -> Iterator[Bench]:
    """A broker and an alert store for all runs; Flink is started and stopped by each of its own."""
    with tempfile.TemporaryDirectory(prefix="tandem-peers-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        stack = Stack(stack_folder(Path(folder)))
        try:
            stack.up(("kafka", "mongo"))
            values = read_env(stack.folder.env)
            yield Bench(stack, settings_of(values), values)
        finally:
            stack.down()


def _tell(result: RunResult) -> None:
    outcome = "all alerts right" if result.right else f"missing {result.missing:,}, wrong {result.wrong:,}"
    cut = f", {result.end}" if result.end else ""
    rate = f"{result.events_per_s:>9,.0f} events/s  {result.peak_mib:>6,.0f} MiB"
    others = f"others took {result.others_share:.0%}"
    place = f"{result.contender:16}{result.work:14} run {result.repeat + 1}"
    print(f"{place} {rate}  {outcome}, {others}{cut}", flush=True)


if __name__ == "__main__":
    typer.run(main)
