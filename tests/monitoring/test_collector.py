from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from monitoring.collector import FRESH_SECONDS, SCRAPE_WAIT_SECONDS, SHOWN_SECONDS, SourcesCollector
from monitoring.metrics import EXPORTER_METRICS
from monitoring.source import Sample, Source, SourceError


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Counting:
    """A source that answers with how often it was asked."""

    def __init__(self, clock: Clock, seconds: float = 0.0) -> None:
        self.asked = 0
        self.fails = False
        self._clock = clock
        self._seconds = seconds

    def __call__(self) -> list[Sample]:
        self.asked += 1
        self._clock.now += self._seconds
        if self.fails:
            raise SourceError("refused")
        return [Sample("tandem_undelivered_alerts", (), self.asked)]


def scrape(collector: SourcesCollector) -> dict[str, float]:
    return {
        sample.name + "".join(f"|{value}" for value in sample.labels.values()): sample.value
        for family in collector.collect()
        for sample in family.samples
    }


def collector_of(clock: Clock, **reads: Callable[[], list[Sample]]) -> SourcesCollector:
    return SourcesCollector([Source(name, read) for name, read in reads.items()], clock)


def test_an_answer_is_kept_for_a_few_seconds_and_then_asked_again() -> None:
    clock = Clock()
    source = Counting(clock)
    collector = collector_of(clock, mongo=source)
    assert scrape(collector)["tandem_undelivered_alerts"] == 1
    clock.now += FRESH_SECONDS - 0.1
    assert scrape(collector)["tandem_undelivered_alerts"] == 1
    clock.now += 0.2
    assert scrape(collector)["tandem_undelivered_alerts"] == 2


def test_a_slow_source_works_for_at_most_a_twentieth_of_the_time() -> None:
    clock = Clock()
    source = Counting(clock, seconds=2.0)
    collector = collector_of(clock, mongo=source)
    started = clock.now
    for _ in range(400):
        scrape(collector)
        clock.now += 1.0
    assert source.asked * 2.0 <= 0.06 * (clock.now - started)
    assert source.asked > 5


def test_a_source_that_fails_takes_only_its_own_numbers_away_and_comes_back() -> None:
    clock = Clock()
    mongo = Counting(clock)
    collector = collector_of(clock, mongo=mongo, kafka=lambda: [Sample("tandem_alerts", ("r", "s"), 7)])
    mongo.fails = True
    numbers = scrape(collector)
    assert numbers["tandem_exporter_source_up|mongo"] == 0
    assert numbers["tandem_exporter_source_up|kafka"] == 1
    assert numbers["tandem_alerts|r|s"] == 7
    assert "tandem_undelivered_alerts" not in numbers
    mongo.fails = False
    numbers = scrape(collector)
    assert numbers["tandem_exporter_source_up|mongo"] == 1
    assert numbers["tandem_undelivered_alerts"] == 2


def test_a_source_that_fails_slowly_rests_and_is_asked_again_within_a_minute() -> None:
    clock = Clock()
    source = Counting(clock, seconds=2.0)
    source.fails = True
    collector = collector_of(clock, mongo=source)
    scrape(collector)
    clock.now += 39.0
    scrape(collector)
    assert source.asked == 1
    clock.now += 1.0
    scrape(collector)
    assert source.asked == 2

    collector = collector_of(clock, mongo=(source := Counting(clock, seconds=120.0)))
    source.fails = True
    scrape(collector)
    source.fails = False
    clock.now += 60.0
    assert scrape(collector)["tandem_exporter_source_up|mongo"] == 1


def test_a_source_that_hangs_delays_a_scrape_only_by_the_limit_and_goes_down_when_its_numbers_are_old() -> (
    None
):
    clock = Clock()
    release = threading.Event()
    release.set()

    def hang() -> list[Sample]:
        assert release.wait(30)
        return [Sample("tandem_undelivered_alerts", (), 1)]

    collector = collector_of(clock, mongo=hang, kafka=lambda: [Sample("tandem_alerts", ("r", "s"), 7)])
    assert scrape(collector)["tandem_undelivered_alerts"] == 1
    release.clear()
    clock.now += FRESH_SECONDS + 1
    started = time.monotonic()
    numbers = scrape(collector)
    assert time.monotonic() - started < SCRAPE_WAIT_SECONDS + 1
    assert numbers["tandem_undelivered_alerts"] == 1
    clock.now += SHOWN_SECONDS
    numbers = scrape(collector)
    assert numbers["tandem_exporter_source_up|mongo"] == 0
    assert "tandem_undelivered_alerts" not in numbers
    assert numbers["tandem_alerts|r|s"] == 7
    release.set()
    collector.close()


def test_a_bug_in_a_source_is_told_with_its_traceback_and_leaves_the_others_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken() -> list[Sample]:
        raise ZeroDivisionError

    collector = collector_of(Clock(), mongo=broken, kafka=lambda: [Sample("tandem_alerts", ("r", "s"), 7)])
    numbers = scrape(collector)
    scrape(collector)
    assert numbers["tandem_exporter_source_up|mongo"] == 0
    assert numbers["tandem_alerts|r|s"] == 7
    assert caplog.text.count("source mongo is down: ZeroDivisionError()") == 1
    assert caplog.text.count("Traceback") == 1


def test_a_sample_without_an_entry_in_the_catalog_is_refused() -> None:
    with pytest.raises(KeyError, match="tandem_surprise"):
        scrape(collector_of(Clock(), mongo=lambda: [Sample("tandem_surprise", (), 1)]))


def test_every_exporter_metric_is_published_with_its_kind_and_text() -> None:
    registry = CollectorRegistry()
    registry.register(collector_of(Clock(), mongo=list))
    text = generate_latest(registry).decode()
    for metric in EXPORTER_METRICS:
        assert f"# TYPE {metric.name} {metric.kind}\n" in text
        assert f"# HELP {metric.name} " in text
