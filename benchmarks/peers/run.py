"""One run: start a contender, wait for its alerts, look at its memory, judge what came."""

from __future__ import annotations

import shutil
import tempfile
import time
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import orjson

from benchmarks.peers.assignment import Assignment
from benchmarks.peers.contender import Bench, Contender
from benchmarks.peers.events import Events, make_events
from benchmarks.peers.oracle import Expected, expect
from benchmarks.peers.progress import (
    Arrival,
    difference,
    done_by_batches,
    done_by_markers,
    events_per_s,
)
from benchmarks.peers.results import RunResult
from benchmarks.peers.running import Running
from benchmarks.peers.topics import Topics
from benchmarks.peers.watch import Watch
from benchmarks.peers.work import Work
from contract.names import ALERTS_TOPIC

STALL_S = 120.0
RUN_S_MAX = 600.0
ASK_S = 0.2
SETTLE_S = 1.0


@dataclass
class Round:
    """All that the runs of one comparison share: the events, the topics that hold them, what is right."""

    bench: Bench
    of_events: int
    end_ms: int
    _events: dict[str, Events] = field(default_factory=dict)
    _topics: dict[str, str] = field(default_factory=dict)
    _expected: dict[str, Expected] = field(default_factory=dict)

    @cached_property
    def topics(self) -> Topics:
        """The broker's topics."""
        return Topics(self.bench.settings)

    def events(self, dataset: str) -> Events:
        """A data set, made once."""
        if dataset not in self._events:
            self._events[dataset] = make_events(dataset, self.of_events, self.end_ms)
        return self._events[dataset]

    def expected(self, work: Work) -> Expected:
        """What a work must give over its whole data set."""
        if work.name not in self._expected:
            self._expected[work.name] = expect(work, self.events(work.dataset))
        return self._expected[work.name]

    def topic(self, dataset: str, count: int) -> str:
        """The topic of a data set's first events, filled where it is not yet."""
        name = f"peers_{dataset}_{count}"
        if name not in self._topics:
            self.topics.fill(name, self.events(dataset).first(count))
            self._topics[name] = name
        return name


def run_once(the_round: Round, contender: Contender, work: Work, repeat: int) -> RunResult:
    """Run a contender at a work once.

    Raises:
        StackError: Flink does not start or take the job, or an environment is absent.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"{contender.name}-", dir=the_round.bench.stack.folder.root))
    alerts = ALERTS_TOPIC if contender.role == "tandem" else f"alerts_{folder.name}"
    count = round(the_round.of_events * contender.share_of(work))
    assignment = _assignment(the_round, work, count, alerts, folder)
    right = the_round.expected(work).among_first(count)
    if contender.role == "peer":
        the_round.topics.create(alerts, 1)
    running = contender.start(the_round.bench, work, assignment)
    try:
        with Watch(running.pids, the_round.bench.pids()) as watch:
            end = _wait(the_round.topics, running, None if contender.own_alerts else alerts, len(right))
        arrivals, progress = _outcome(the_round, contender, work, assignment)
    finally:
        running.stop()
    found = difference(arrivals, right) if contender.name != "consume" else difference([], set())
    if contender.role == "peer":
        the_round.topics.delete(alerts)
    shutil.rmtree(folder, ignore_errors=True)
    return RunResult(
        contender=contender.name,
        work=work.name,
        repeat=repeat,
        of_events=the_round.of_events,
        events=count,
        events_per_s=events_per_s(progress),
        peak_mib=watch.peak_mib,
        alerts=len(right),
        missing=found.missing,
        wrong=found.wrong,
        end=end,
        others_share=watch.others_share,
    )


def _assignment(the_round: Round, work: Work, count: int, alerts: str, folder: Path) -> Assignment:
    return Assignment(
        servers=the_round.bench.settings.require("kafka_bootstrap_servers"),
        topic=the_round.topic(work.dataset, count),
        messages=count,
        alerts_topic=alerts,
        windows=work.windows,
        thresholds=the_round.expected(work).thresholds,
        folder=str(folder),
    )


def _wait(topics: Topics, running: Running, alerts: str | None, wanted: int) -> str | None:
    """Wait until as many alerts have come as are right, or until it has ended; why where it was cut."""
    deadline = time.monotonic() + RUN_S_MAX
    count, moved = 0, time.monotonic()
    while True:
        ended = running.ended()
        if alerts is None and ended is not None:
            return None if ended == "done" else ended
        found = topics.count(alerts) if alerts is not None else 0
        if alerts is not None and found >= wanted:
            time.sleep(SETTLE_S)
            return None
        if ended is not None:
            return ended
        if found > count:
            count, moved = found, time.monotonic()
        if alerts is not None and time.monotonic() - moved > STALL_S:
            return f"no alert in {STALL_S:.0f} s, {count:,} of {wanted:,} had come"
        if time.monotonic() > deadline:
            return f"not done in {RUN_S_MAX:.0f} s"
        time.sleep(ASK_S)


def _outcome(
    the_round: Round, contender: Contender, work: Work, assignment: Assignment
) -> tuple[list[Arrival], list[tuple[float, int]]]:
    """The alerts, and the clock with the events done until then."""
    if not contender.own_alerts:
        arrivals = the_round.topics.arrivals(assignment.alerts_topic)
        events = the_round.events(work.dataset).first(assignment.messages)
        return arrivals, done_by_markers(arrivals, events)
    told = [orjson.loads(path.read_bytes()) for path in Path(assignment.folder).glob("result-*.json")]
    arrivals = [Arrival(0.0, name) for result in told for name in result["alerts"]]
    batches = (batch for result in told for batch in result["progress"])
    return arrivals, done_by_batches((time_ms, count) for time_ms, count in batches)
