"""Plays a whole stream through a platform of its own, and takes down what every store then holds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg2
import pyarrow.dataset as ds
from confluent_kafka import TIMESTAMP_LOG_APPEND_TIME, Consumer, Producer, TopicPartition
from pymongo import MongoClient

from stack.folder import ROOT
from stack.jobs import StreamJobs
from stack.platform import start_platform
from stack.score import run_score
from stack.up import Stack
from tests.end_to_end.oracle import Message, Place, Truth, judge_messages
from tests.end_to_end.poison import POISON, good_application

EVENTS = 15_000
HANDBOOK_ROWS = 5_000
SECONDS_MAX = 300
PRODUCE = {
    "--events": str(EVENTS),
    "--users": "1200",
    "--seed": "11",
    "--scenarios": "20",
    "--duplicates": "0.01",
    "--conflicts": "0.01",
    "--disorder": "0.05",
    "--late": "0.01",
    "--broken": "0.02",
}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class Played:
    """What was sent, what is true of it, and what the stores hold."""

    values: Mapping[str, str]
    messages: list[Message]
    truth: Truth
    ledger: list[dict[str, Any]]
    poison: dict[str, tuple[Place, str]]
    """Name -> where the broken message lies, and the id of the good one behind it."""
    score_status: int

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Query the warehouse as its owner."""
        with (
            closing(psycopg2.connect(self.values["POSTGRES_DSN"])) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute("SET timezone = 'UTC'")
            cursor.execute(statement)
            return list(cursor.fetchall())

    def documents(self, collection: str) -> list[dict[str, Any]]:
        """Everything in a collection."""
        with MongoClient[dict[str, Any]](self.values["MONGO_URI"]) as client:
            return list(client[self.values["MONGO_DATABASE"]][collection].find())

    def last_fact_offset(self) -> int:
        """Where the newest of the dated facts lies."""
        with closing(
            Consumer({"bootstrap.servers": self.values["KAFKA_BOOTSTRAP_SERVERS"], "group.id": "end-to-end"})
        ) as consumer:
            _, end = consumer.get_watermark_offsets(TopicPartition("rule_facts", 0), timeout=10)
        return int(end) - 1

    def lake_events(self) -> list[dict[str, Any]]:
        """Every row of the lake."""
        folder = ds.dataset(f"{self.values['LAKE_URI']}/events", format="parquet", partitioning="hive")
        rows: list[dict[str, Any]] = folder.to_table().to_pylist()
        return rows


def play(stack: Stack, folder: Path, handbook: Path | None) -> Played:
    """Produce, renew the stream jobs in the middle, poison, replay; then run the batch."""
    values = start_platform(stack)
    ledger = folder / "ledger.jsonl"
    options = [part for option in PRODUCE.items() for part in option]
    _ingest(values, "produce", *options, "--quiet", "--ledger", str(ledger))
    jobs = StreamJobs(stack.folder, values)
    jobs.stop(print)
    poison = _send_poison(values)
    _send_conflict(values)
    jobs.start(print)
    if handbook:
        _ingest(values, "replay", str(handbook), "--limit", str(HANDBOOK_ROWS), "--quiet")
    jobs.wait_until_decided(SECONDS_MAX)
    jobs.wait_until_delivered(SECONDS_MAX)
    status = run_score(values)
    messages = list(read_topic(values))
    entries = [json.loads(line) for line in ledger.read_text().splitlines()]
    sent = [entry for entry in entries if "summary" not in entry]
    broken = {
        (entry["partition"], entry["offset"]): entry["reason"] for entry in sent if entry["kind"] == "broken"
    }
    broken |= {place: POISON[name][1] for name, (place, _) in poison.items()}
    return Played(values, messages, judge_messages(messages, broken), sent, poison, status)


def run_job(values: Mapping[str, str], job: str) -> subprocess.CompletedProcess[str]:
    """Run one batch job as its users do."""
    submit = str(Path(sys.executable).parent / "spark-submit")
    return subprocess.run(
        [submit, str(ROOT / "spark_jobs" / f"{job}.py")],
        env={**os.environ, **values},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def send(values: Mapping[str, str], topic: str, messages: list[tuple[bytes | None, int]]) -> list[Place]:
    """Append messages to partitions of a topic; give their places."""
    places: list[Place] = []
    producer = Producer(
        {
            "bootstrap.servers": values["KAFKA_BOOTSTRAP_SERVERS"],
            "message.max.bytes": 4_000_000,
            "acks": "all",
        }
    )
    for value, partition in messages:
        producer.produce(
            topic,
            value,
            key=b"poison_user",
            partition=partition,
            on_delivery=lambda _, sent: places.append((sent.partition(), sent.offset())),
        )
        assert producer.flush(30) == 0
    return places


def read_topic(values: Mapping[str, str]) -> Iterator[Message]:
    """Everything on the topic of the events."""
    topic = values["KAFKA_TOPIC"]
    options = {
        "bootstrap.servers": values["KAFKA_BOOTSTRAP_SERVERS"],
        "group.id": "end-to-end",
        "enable.auto.commit": False,
    }
    with closing(Consumer(options)) as consumer:
        for partition in sorted(consumer.list_topics(topic, timeout=20).topics[topic].partitions):
            first, end = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=20)
            consumer.assign([TopicPartition(topic, partition, first)])
            next_offset = first
            while next_offset < end:
                message = consumer.poll(20)
                assert message is not None
                assert message.error() is None
                kind, append_time_ms = message.timestamp()
                assert kind == TIMESTAMP_LOG_APPEND_TIME
                yield Message(partition, message.offset(), append_time_ms, message.value())
                next_offset = message.offset() + 1


def milliseconds(time: datetime) -> int:
    """Milliseconds since the epoch."""
    return (time - EPOCH) // timedelta(milliseconds=1)


def _send_poison(values: Mapping[str, str]) -> dict[str, tuple[Place, str]]:
    """Send each broken message with a good one right behind it, dealt over the partitions."""
    sent = {}
    for number, (name, (value, _)) in enumerate(POISON.items()):
        good = good_application(name)
        places = send(
            values, values["KAFKA_TOPIC"], [(value, number % 4), (json.dumps(good).encode(), number % 4)]
        )
        sent[name] = places[0], str(good["event_id"])
    return sent


def _send_conflict(values: Mapping[str, str]) -> None:
    """Send an event that trips no rule, and another content under its id that does."""
    loud = good_application("conflict")
    quiet = loud | {"loan_amount_cents": 100}
    send(values, values["KAFKA_TOPIC"], [(json.dumps(event).encode(), 1) for event in (quiet, loud)])


def _ingest(values: Mapping[str, str], *arguments: str) -> None:
    command = (sys.executable, "-m", "ingestion", *arguments)
    subprocess.run(command, env={**os.environ, **values}, cwd=ROOT, check=True)
