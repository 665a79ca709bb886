"""How long an alert of Tandem takes at half of the rate that it reached: from append time to append time.

The events are those of the rate's measurement, so that windows hold as many rows, made beforehand and
sent steadily; thresholds are out of reach, so that one event in a thousand alerts, evenly. An event's and
its alert's append times are the broker's; both topics are read when all is done, so that nothing disturbs
the measurement.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from statistics import quantiles

import orjson
from confluent_kafka import Producer

from benchmarks.peers.events import PARTITIONS, make_events
from benchmarks.peers.results import LatencyResult
from benchmarks.peers.run import Round
from benchmarks.peers.tandem import catalog_with_rule, start_tandem
from benchmarks.peers.topics import Topics
from benchmarks.peers.work import MARKER_MERCHANT, Work
from contract.names import ALERTS_TOPIC
from ingestion.delivery import producer_properties

SENDING_S = 170.0
WARM_UP_S = 120.0
SETTLE_S = 3.0
SLICE_S = 0.01
OUT_OF_REACH = 10**14


def measure_latency(the_round: Round, work: Work, repeat: int, rate: float) -> LatencyResult:
    """Send at a rate, in events a second, and look how long alerts took after a while of warming up."""
    folder = Path(tempfile.mkdtemp(prefix="latency-", dir=the_round.bench.stack.folder.root))
    topic = f"peers_{folder.name}"
    the_round.topics.create(topic, PARTITIONS)
    thresholds = dict.fromkeys(the_round.expected(work).thresholds, OUT_OF_REACH)
    catalog = catalog_with_rule(folder, work, thresholds)
    messages = _messages(the_round, work.dataset, int(rate * SENDING_S))
    job = start_tandem(the_round.bench.stack, the_round.bench.settings, catalog, topic)
    try:
        _send(the_round, topic, messages, rate)
        time.sleep(SETTLE_S)
        milliseconds = latencies_ms(the_round.topics, topic)
    finally:
        job.stop()
        the_round.topics.delete(topic)
    percentiles = quantiles(milliseconds, n=100)
    return LatencyResult(
        work=work.name,
        repeat=repeat,
        of_events=the_round.of_events,
        rate=rate,
        alerts=len(milliseconds),
        p50_ms=percentiles[49],
        p99_ms=percentiles[98],
    )


def latencies_ms(topics: Topics, topic: str) -> list[float]:
    """Of each alert whose event was appended once the job was warm."""
    marker = MARKER_MERCHANT.encode()
    appended = {
        orjson.loads(value)["event_id"]: time_ms
        for time_ms, value in topics.messages(topic)
        if marker in value
    }
    warm_ms = min(appended.values()) + WARM_UP_S * 1000
    arrivals = topics.arrivals(ALERTS_TOPIC)
    waits = [(appended[arrival.event_id], arrival.time_ms) for arrival in arrivals]
    return [alert_ms - event_ms for event_ms, alert_ms in waits if event_ms >= warm_ms]


def _messages(the_round: Round, dataset: str, count: int) -> list[tuple[int, bytes, bytes]]:
    """Partition, key and message of each event."""
    return list(make_events(dataset, count, the_round.end_ms).messages())


def _send(the_round: Round, topic: str, messages: list[tuple[int, bytes, bytes]], rate: float) -> None:
    """Send events evenly."""
    producer = Producer(producer_properties(the_round.bench.settings))
    start_s = time.time()
    for number, (partition, key, message) in enumerate(messages):
        producer.produce(topic, message, key, partition)
        if number % 100 == 0:
            _wait_until(producer, start_s + number / rate)
    producer.flush(60)


def _wait_until(producer: Producer, due_s: float) -> None:
    producer.poll(0)
    while (left := due_s - time.time()) > 0:
        producer.poll(min(left, SLICE_S))
