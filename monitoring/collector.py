"""The Prometheus collector: asks each source in its own thread, and never waits long for any."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from monitoring.metrics import EXPORTER_METRICS
from monitoring.source import Sample, Source, SourceError

FRESH_SECONDS = 5.0
SCRAPE_WAIT_SECONDS = 3.0
SHOWN_SECONDS = 30.0
WORK_SHARE_MAX = 0.05
PAUSE_AFTER_FAILURE_SECONDS_MAX = 60.0

log = logging.getLogger("tandem.exporter")


@dataclass(frozen=True)
class Reading:
    """The last good answer of a source. ``at`` is on the collector's clock, in seconds."""

    samples: tuple[Sample, ...]
    at: float
    duration_seconds: float


class _Watched:
    """One source with its last answer and the question under way."""

    def __init__(self, source: Source, clock: Callable[[], float]) -> None:
        self.source = source
        self.reading: Reading | None = None
        self.failing = False
        self._rests_until = clock()
        self._clock = clock
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=f"source-{source.name}")
        self._question: Future[None] | None = None
        self._asking = threading.Lock()

    def ask(self) -> Future[None] | None:
        """Start reading unless the source rests or a question is under way."""
        with self._asking:
            return self._ask()

    def _ask(self) -> Future[None] | None:
        if self._question and not self._question.done():
            return self._question
        if self._clock() < self._rests_until:
            return None
        self._question = self._pool.submit(self._read)
        return self._question

    def _read(self) -> None:
        started = self._clock()
        try:
            samples = tuple(self.source.read())
        except SourceError as error:
            self._fail(started, str(error))
            return
        except Exception as error:  # a bug in one source must not take the numbers of the others along
            self._fail(started, repr(error), error)
            return
        if self.failing:
            log.warning("source %s is up again", self.source.name)
        now = self._clock()
        self.reading = Reading(samples, now, now - started)
        self._rests_until = now + max(FRESH_SECONDS, (now - started) / WORK_SHARE_MAX)
        self.failing = False

    def _fail(self, started: float, reason: str, bug: Exception | None = None) -> None:
        if not self.failing:
            log.warning("source %s is down: %s", self.source.name, reason, exc_info=bug)
        now = self._clock()
        self._rests_until = now + min((now - started) / WORK_SHARE_MAX, PAUSE_AFTER_FAILURE_SECONDS_MAX)
        self.failing = True

    def shown(self) -> Reading | None:
        """The answer to publish: none once the source fails or hangs."""
        if self.reading is None or self.failing:
            return None
        keep_seconds = max(SHOWN_SECONDS, 2 * self.reading.duration_seconds / WORK_SHARE_MAX)
        return self.reading if self._clock() - self.reading.at < keep_seconds else None

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)


class SourcesCollector(Collector):
    """Publishes what the sources say. Answers are kept a few seconds, longer where a source is slow:
    no source works for more than a twentieth of the time, whatever the scrape interval. One that fails is
    asked again within a minute.
    """

    def __init__(self, sources: Sequence[Source], clock: Callable[[], float] = time.monotonic) -> None:
        self._watched = [_Watched(source, clock) for source in sources]
        self._clock = clock

    def describe(self) -> Iterable[Metric]:
        """Name the families without asking the sources."""
        return _families([])

    def collect(self) -> Iterator[Metric]:
        """Ask, wait at most :data:`SCRAPE_WAIT_SECONDS`, and publish what is there."""
        questions = [question for watched in self._watched if (question := watched.ask())]
        wait(questions, timeout=SCRAPE_WAIT_SECONDS)
        yield from _families([sample for watched in self._watched for sample in self._samples(watched)])

    def _samples(self, watched: _Watched) -> Iterator[Sample]:
        label = (watched.source.name,)
        reading = watched.shown()
        yield Sample("tandem_exporter_source_up", label, float(reading is not None))
        if reading is None:
            return
        yield Sample("tandem_exporter_source_duration_seconds", label, reading.duration_seconds)
        yield Sample("tandem_exporter_source_age_seconds", label, self._clock() - reading.at)
        yield from reading.samples

    def close(self) -> None:
        """Stop asking."""
        for watched in self._watched:
            watched.close()


def _families(samples: Sequence[Sample]) -> list[Metric]:
    families: dict[str, CounterMetricFamily | GaugeMetricFamily] = {}
    for metric in EXPORTER_METRICS:
        make = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
        families[metric.name] = make(metric.name, metric.doc, labels=metric.labels)
    for sample in samples:
        families[sample.name].add_metric(sample.labels, sample.value)
    return list(families.values())
