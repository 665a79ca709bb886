"""How fast the stream is: ``python -m benchmarks.stream [--events N]``, on a stack of its own.

- *raw*: the topic consumed by the C client, nothing done with the messages;
- *detect_fraud*: the same topic through parser, the rules of the catalog that read one event, and topic
  of alerts, with delivery running beside it, from its first record to its last, the JVM's warming up
  included, the job's submission not;
- *latency*: while the producer sends at a fixed rate, from the broker's append time of an event that
  fires a rule to its alert being readable in the alert store, one probe at a time.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median, quantiles

import orjson
import typer
from confluent_kafka import Consumer, Message, Producer, TopicPartition
from pymongo.collection import Collection

from benchmarks.engines import engines
from contract.names import ALERTS_COLLECTION
from contract.settings import Settings
from flink_jobs.alert_messages import Document
from rules.catalog import CATALOG, load_catalog
from stack.environment import read_env
from stack.folder import ROOT
from stack.jobs import StreamJobs
from stack.platform import settings_of
from stack.up import Stack
from storage.mongo import connect, prepare
from storage.topics import create_topics

METRIC = "flink_taskmanager_job_task_operator_"
COUNTERS = (f"{METRIC}events_accepted{{", f"{METRIC}reason_events_quarantined{{")
LOAD_EVENTS_PER_S = 5000
LOAD_S = 60.0
WARM_UP_S = 10.0
READABLE_S_MAX = 30.0


def main(events: int = 3_000_000) -> None:
    """Print the rates and the latency."""
    with engines("kafka", "mongo", "flink") as stack:
        values = {**read_env(stack.folder.env), "RULE_CATALOG": str(_stateless_catalog(stack))}
        settings = settings_of(values)
        create_topics(settings)
        prepare(settings)
        _produce(values, "--events", str(events))
        messages, raw = consume_raw(settings)
        jobs = StreamJobs(stack.folder, values)
        detected = _detect(stack, jobs, messages)
        p50, p99, count = _latency(settings, values)
        jobs.stop(print)
    print(f"raw consume of {messages:,} messages  {raw:>9,.0f} messages/s")
    print(f"detect_fraud, delivery beside it   {detected:>9,.0f} messages/s  {detected / raw:.2f} of raw")
    print(f"alert latency at {LOAD_EVENTS_PER_S:,} events/s  p50 {p50:.0f}, p99 {p99:.0f} ms, n {count}")


def _stateless_catalog(stack: Stack) -> Path:
    """The rules of the catalog that read one event only; rules with windows have a benchmark of their own."""
    folder = stack.folder.root / "catalog"
    folder.mkdir()
    for rule in load_catalog():
        if not rule.features:
            shutil.copy(CATALOG / f"{rule.id}.yaml", folder)
    return folder


def _produce(values: dict[str, str], *options: str) -> None:
    subprocess.run(_producer(*options), env={**os.environ, **values}, cwd=ROOT, check=True)


def _producer(*options: str) -> list[str]:
    return [sys.executable, "-m", "ingestion", "produce", "--quiet", *options]


def consume_raw(settings: Settings) -> tuple[int, float]:
    """Read the topic to its end; return messages and messages per second."""
    consumer = Consumer({**settings.librdkafka(), "group.id": "benchmark", "enable.auto.commit": False})
    numbers = consumer.list_topics(settings.kafka_topic, timeout=10).topics[settings.kafka_topic].partitions
    places = [TopicPartition(settings.kafka_topic, number, 0) for number in numbers]
    total = sum(consumer.get_watermark_offsets(place, timeout=10)[1] for place in places)
    consumer.assign(places)
    count = len(consumer.consume(1, timeout=30))
    started = time.monotonic()
    while count < total:
        count += len(consumer.consume(10_000, timeout=1))
    seconds = time.monotonic() - started
    consumer.close()
    return count, count / seconds


def _detect(stack: Stack, jobs: StreamJobs, messages: int) -> float:
    """Start the jobs and time detection from when it stood ready at its first record to its last."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        started = pool.submit(jobs.start, print)
        ready = time.monotonic()
        while (count := _records(stack)) < messages:
            if count == 0:
                ready = time.monotonic()
            if started.done():
                started.result()
            time.sleep(0.1)
        ended = time.monotonic()
        started.result()
    return messages / (ended - ready)


def _records(stack: Stack) -> float:
    address = f"http://127.0.0.1:{stack.ports['flink_taskmanager_metrics']}/metrics"
    with urllib.request.urlopen(address, timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(COUNTERS))


def _latency(settings: Settings, values: dict[str, str]) -> tuple[float, float, int]:
    options = ("--rate", str(LOAD_EVENTS_PER_S), "--duration", str(LOAD_S), "--seed", "8")
    with (
        connect(settings) as client,
        subprocess.Popen(_producer(*options), env={**os.environ, **values}, cwd=ROOT) as load,
    ):
        alerts = client[settings.mongo_database][ALERTS_COLLECTION]
        producer = Producer({**settings.librdkafka(), "linger.ms": 0})
        time.sleep(WARM_UP_S)
        milliseconds: list[float] = []
        while load.poll() is None:
            milliseconds.append(probe(producer, settings.kafka_topic, alerts, len(milliseconds)))
    return median(milliseconds), quantiles(milliseconds, n=100)[98], len(milliseconds)


def probe(producer: Producer, topic: str, alerts: Collection[Document], number: int) -> float:
    """Send one event that fires a rule; milliseconds from its append time to its alert being readable."""
    now_ms = time.time_ns() // 1_000_000
    event = {
        "event_id": f"probe-{now_ms}-{number}",
        "event_type": "application",
        "event_time_ms": now_ms,
        "user_id": f"probe-{number}",
        "credit_score": 300,
        "loan_amount_cents": 2_000_000,
    }
    appended: list[int] = []

    def acknowledged(_: object, message: Message) -> None:
        appended.append(message.timestamp()[1])

    producer.produce(topic, orjson.dumps(event), key=str(number), on_delivery=acknowledged)
    alert_id = f"risky_application:{event['event_id']}"
    deadline = time.monotonic() + READABLE_S_MAX
    while alerts.find_one({"_id": alert_id}, {"_id": 1}) is None:
        producer.poll(0)
        if time.monotonic() > deadline:
            raise TimeoutError(f"{alert_id} was not readable within {READABLE_S_MAX} s")
        time.sleep(0.002)
    readable_ms = time.time_ns() / 1_000_000
    producer.flush(10)
    return readable_ms - appended[0]


if __name__ == "__main__":
    typer.run(main)
