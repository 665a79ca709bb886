"""The tables of the comparison, as Markdown."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.peers.contender import CONTENDERS, Contender
from benchmarks.peers.results import LatencyResult, Median, Results, RunResult, medians
from benchmarks.peers.work import Work, works
from stack.folder import ROOT

PAGE = ROOT / "docs" / "peers.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
LATENCY_MS_MAX = 300.0
TEN_WINDOWS_PER_S = 60_000
QUIET_SHARE = 0.1
Medians = Mapping[tuple[str, str], Median]


@dataclass(frozen=True)
class Target:
    """What was asked for: a ratio or a figure, and whether it was reached; None where it was not measured."""

    text: str
    asked: str
    measured: str
    reached: bool | None


def report(results: Results, of_events: int) -> str:
    """Rates, memory, and how they stand to what was asked for."""
    runs, all_works = results.runs(of_events), works()
    found = medians(runs)
    sections = [
        f"Longest topic: {of_events:,} events. Median of the runs, least to most. {_machine(runs)}",
        _table("events/s", all_works, found, _rate),
        _table("peak memory, MiB", all_works, found, lambda run: f"{run.peak_mib:,.0f}"),
        _peers_table(all_works, found),
        _targets_table(targets(found, results.latencies(of_events))),
    ]
    wrong = [
        f"- {name} at {work}: {run.wrong_runs} runs cut, or with other alerts than are right"
        for (name, work), run in found.items()
        if run.wrong_runs
    ]
    return "\n\n".join([*sections, *(["\n".join(wrong)] if wrong else [])])


def _machine(runs: Sequence[RunResult]) -> str:
    """Whether the machine was quiet: what other programs took of it, as the runs saw it."""
    shares = [run.others_share for run in runs] or [0.0]
    state = "quiet" if max(shares) < QUIET_SHARE else "shared"
    cores, middle, most = os.cpu_count(), median(shares), max(shares)
    return (
        f"The machine ({cores} cores) was {state}: other programs took {middle:.0%} of its processor time "
        f"in the median run, {most:.0%} at most."
    )


def write_page(text: str, page: Path = PAGE) -> None:
    """Put the tables into the page, between its marks."""
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


def targets(found: Medians, latencies: Sequence[LatencyResult]) -> list[Target]:
    """How Tandem stands to the limits."""

    def rate(contender: str, work: str) -> float | None:
        run = found.get((contender, work))
        return run.events_per_s if run is not None and run.runs else None

    ten = rate("tandem", "ten_windows")
    stateless = rate("tandem", "stateless"), rate("consume_parse", "stateless")
    three = rate("tandem", "three_windows"), rate("consume_windows", "three_windows")
    return [
        _ratio("stateless to the limit", *stateless, 0.5),
        _ratio("three windows on one key to the limit", *three, 0.5),
        Target(
            "ten windows on three keys",
            f"{TEN_WINDOWS_PER_S:,}/s",
            f"{ten:,.0f}/s" if ten else "",
            ten >= TEN_WINDOWS_PER_S if ten else None,
        ),
        _ratio("10,000 rows in a window to 10", rate("tandem", "rows_10000"), rate("tandem", "rows_10"), 0.8),
        _ratio("with a hot card to without", rate("tandem", "hot_key"), rate("tandem", "one_window"), 0.7),
        *_latency_targets(latencies),
    ]


def _ratio(text: str, rate: float | None, base: float | None, least: float) -> Target:
    if not rate or not base:
        return Target(text, f"{least:.2f}", "", None)
    return Target(text, f"{least:.2f}", f"{rate / base:.2f}", rate / base >= least)


def _latency_targets(latencies: Sequence[LatencyResult]) -> list[Target]:
    targets = []
    for work in dict.fromkeys(latency.work for latency in latencies):
        mine = [latency for latency in latencies if latency.work == work]
        p99_ms, rate = median(run.p99_ms for run in mine), median(run.rate for run in mine)
        p50_ms = median(run.p50_ms for run in mine)
        text = f"p99 of alerts at half rate ({rate:,.0f}/s), {work.replace('_', ' ')}"
        measured = f"{p99_ms:,.0f} ms (p50 {p50_ms:,.0f})"
        targets.append(Target(text, f"{LATENCY_MS_MAX:.0f} ms", measured, p99_ms < LATENCY_MS_MAX))
    return targets


def _rate(run: Median) -> str:
    if not run.runs:
        return "wrong"
    return f"{run.events_per_s:,.0f} ({run.least / 1000:,.0f}k-{run.most / 1000:,.0f}k)"


def _table(what: str, all_works: Sequence[Work], found: Medians, cell: Callable[[Median], str]) -> str:
    """One row a work, one column a contender; those that did nothing yet are left out."""
    contenders = [c for c in CONTENDERS if any(name == c.name for name, _ in found)]
    rows = []
    for work in all_works:
        runs = [found.get((contender.name, work.name)) for contender in contenders]
        if any(runs):
            rows.append([work.title, *(cell(run) if run else "" for run in runs)])
    return _markdown([what, *(_heading(contender) for contender in contenders)], rows)


def _heading(contender: Contender) -> str:
    if contender.share == contender.windows_share == 1:
        return contender.title
    apart = contender.windows_share != contender.share
    in_windows = f", {100 * contender.windows_share:g}% in windows" if apart else ""
    return f"{contender.title} ({100 * contender.share:g}% of the events{in_windows})"


def _peers_table(all_works: Sequence[Work], found: Medians) -> str:
    """Tandem's rate as a multiple of each peer's."""
    peers = [contender for contender in CONTENDERS if contender.role == "peer"]
    rows = []
    for work in all_works:
        ours = found.get(("tandem", work.name))
        theirs = [found.get((peer.name, work.name)) for peer in peers]
        if ours is None or not any(theirs):
            continue
        rows.append([work.title, *(_times(ours, run) for run in theirs)])
    return _markdown(["Tandem's rate over that of", *(peer.title for peer in peers)], rows)


def _times(ours: Median | None, theirs: Median | None) -> str:
    if ours is None or theirs is None or not theirs.events_per_s or not ours.events_per_s:
        return ""
    return f"{ours.events_per_s / theirs.events_per_s:.1f}"


def _targets_table(found: Sequence[Target]) -> str:
    words = {True: "yes", False: "no", None: "not measured"}
    rows = [[target.text, target.asked, target.measured, words[target.reached]] for target in found]
    return _markdown(["Tandem", "asked for", "measured", "reached"], rows)


def _markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
