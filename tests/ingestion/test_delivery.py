"""The producer as a process of its own, against a real broker."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from confluent_kafka import Producer

from contract.settings import load_settings
from ingestion.delivery import Delivery, producer_properties
from ingestion.errors import DeliveryError
from ingestion.ledger import read_ledger, read_summary
from ingestion.messages import Message
from ingestion.options import StreamOptions
from ingestion.pace import Pace
from ingestion.scenario_table import catalog_rule_ids
from ingestion.stream import generate_stream
from tests.ingestion.conftest import PARTITIONS, PROJECT, MakeTopic
from tests.ingestion.topic_reader import message_count, read_topic
from tests.stream.stream import wait_until

pytestmark = pytest.mark.engines
COMMAND = [sys.executable, "-m", "ingestion"]


def environment(**settings: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("KAFKA_", "TANDEM_"))}
    return {**kept, **settings}


def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=PROJECT,
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=120,
    )


@contextmanager
def started(*arguments: str, **settings: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*COMMAND, *arguments], cwd=PROJECT, env=environment(**settings), stderr=subprocess.PIPE, text=True
    )
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def ledger_by_place(ledger: Path) -> dict[tuple[int, int], dict[str, Any]]:
    entries = list(read_ledger(ledger))
    by_place = {(entry["partition"], entry["offset"]): entry for entry in entries}
    assert len(by_place) == len(entries)
    return by_place


def wait_for_messages(servers: str, topic: str, least: int) -> None:
    deadline = time.monotonic() + 60
    while message_count(servers, topic) < least:
        assert time.monotonic() < deadline, f"{least} messages did not come within 60 s"
        time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("name", ["ledger.jsonl", "ledger.jsonl.gz"])
def test_everything_acknowledged_is_on_the_topic_byte_for_byte(
    name: str, kafka: str, make_topic: MakeTopic, tmp_path: Path
) -> None:
    topic, ledger = make_topic(), tmp_path / name
    arguments = ("--events", "8000", "--seed", "4", "--broken", "0.01", "--ledger", str(ledger))
    done = run("produce", *arguments, KAFKA_BOOTSTRAP_SERVERS=kafka, KAFKA_TOPIC=topic)
    assert done.returncode == 0, done.stderr
    on_topic, entries, summary = read_topic(kafka, topic), ledger_by_place(ledger), read_summary(ledger)
    assert on_topic.keys() == entries.keys()
    assert summary["acknowledged"] == len(on_topic)
    assert summary["kinds"] == Counter(entry["kind"] for entry in entries.values())
    assert summary["kinds"]["good"] == 8_000
    assert f"{len(on_topic):,} messages acknowledged on {topic}" in done.stderr

    options = StreamOptions(events=8_000, start_ms=summary["start_ms"], users=200, seed=4, broken=0.01)
    assert options.run_id == summary["run_id"]
    generated = [m for batch in generate_stream(options, catalog_rule_ids()) for m in batch]
    partition_of = {key: partition for (partition, _), (key, _) in on_topic.items()}
    by_partition: dict[int, list[Any]] = defaultdict(list)
    for message in generated:
        by_partition[partition_of[message.key]].append(message)
    for partition, messages in by_partition.items():
        for offset, message in enumerate(messages):
            entry = entries[partition, offset]
            assert on_topic[partition, offset] == (message.key, message.value)
            facts = {field: getattr(message, field) for field in message._fields[2:]}
            assert {**facts, "expected_alerts": list(message.expected_alerts)} == {
                field: entry[field] for field in facts
            }


def test_messages_of_one_user_keep_to_one_partition_as_java_clients_choose_it(
    kafka: str, make_topic: MakeTopic
) -> None:
    topic = make_topic()
    run("produce", "--events", "2000", KAFKA_BOOTSTRAP_SERVERS=kafka, KAFKA_TOPIC=topic)
    on_topic = read_topic(kafka, topic)
    for (partition, _), (key, _) in on_topic.items():
        assert partition == (murmur2(key) & 0x7FFFFFFF) % PARTITIONS


def murmur2(data: bytes) -> int:
    """Kafka's hash of keys, from its description (32-bit MurmurHash2, seed 0x9747b28c)."""
    mask, m = 0xFFFFFFFF, 0x5BD1E995
    h = 0x9747B28C ^ len(data)
    whole = len(data) // 4 * 4
    for at in range(0, whole, 4):
        k = int.from_bytes(data[at : at + 4], "little") * m & mask
        k = (k ^ (k >> 24)) * m & mask
        h = (h * m & mask) ^ k
    if len(data) > whole:
        h = (h ^ int.from_bytes(data[whole:], "little")) * m & mask
    h = (h ^ (h >> 13)) * m & mask
    return h ^ (h >> 15)


@pytest.mark.faults
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_run_with_ledger_and_topic_equal(
    number: signal.Signals, kafka: str, make_topic: MakeTopic, tmp_path: Path
) -> None:
    topic, ledger = make_topic(), tmp_path / "ledger.jsonl"
    arguments = ("--events", "200000", "--rate", "2000", "--ledger", str(ledger))
    with started("produce", *arguments, KAFKA_BOOTSTRAP_SERVERS=kafka, KAFKA_TOPIC=topic) as process:
        wait_for_messages(kafka, topic, least=500)
        process.send_signal(number)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors
    on_topic, entries = read_topic(kafka, topic), ledger_by_place(ledger)
    assert 500 <= len(on_topic) < 100_000
    assert on_topic.keys() == entries.keys()
    summary = read_summary(ledger)
    assert summary["stopped_early"] is True
    assert summary["acknowledged"] == len(on_topic)
    assert "stopped early" in errors


def test_metrics_count_what_was_acknowledged(kafka: str, make_topic: MakeTopic) -> None:
    topic, port = make_topic(), free_port()
    arguments = ("--events", "100000", "--rate", "1000", "--metrics-port", str(port))
    with started("produce", *arguments, KAFKA_BOOTSTRAP_SERVERS=kafka, KAFKA_TOPIC=topic):
        wait_for_messages(kafka, topic, least=1_000)
        time.sleep(0.5)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            text = answer.read().decode()
        now = message_count(kafka, topic)
    values = {line.split(" ")[0]: float(line.split(" ")[1]) for line in text.splitlines() if line[0] != "#"}
    by_type = sum(value for name, value in values.items() if name.startswith("tandem_producer_events_total"))
    by_kind = sum(
        value for name, value in values.items() if name.startswith("tandem_producer_messages_total")
    )
    assert 500 <= by_type == by_kind <= now
    assert values["tandem_producer_errors_total"] == 0
    assert 'tandem_producer_events_total{event_type="transaction"}' in values


def test_the_rate_holds(kafka: str, make_topic: MakeTopic) -> None:
    topic = make_topic()
    arguments = ("--duration", "4", "--rate", "1000", "--users", "100", "--ledger", "/dev/null")
    done = run("produce", *arguments, KAFKA_BOOTSTRAP_SERVERS=kafka, KAFKA_TOPIC=topic)
    assert done.returncode == 0, done.stderr
    seconds = float(done.stderr.replace("\n", " ").split(" in ")[1].split(" s ")[0])
    assert 500 < message_count(kafka, topic) / seconds < 1_100


def test_messages_that_the_broker_refuses_end_the_run_with_a_clear_error(
    kafka: str, make_topic: MakeTopic
) -> None:
    topic = make_topic(message_bytes_max=20_000)
    done = run(
        "produce", "--events", "3000", "--broken", "0.05", KAFKA_BOOTSTRAP_SERVERS=kafka, KAFKA_TOPIC=topic
    )
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith(f"error: topic {topic}: ")
    assert "not acknowledged" in last
    assert "Traceback" not in done.stderr


def test_without_a_broker_the_run_ends_with_the_count_and_the_way_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ingestion.delivery.FLUSH_SECONDS", 1.0)
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    delivery = Delivery(Producer(producer_properties(load_settings())), "t")
    delivery.send([Message(b"k", b"v", "transaction", "e")] * 3, Pace(None))
    with pytest.raises(DeliveryError, match="3 messages were not acknowledged") as raised:
        delivery.finish()
    assert "KAFKA_BOOTSTRAP_SERVERS" in str(raised.value)


def test_messages_whose_failure_was_not_yet_told_count_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingestion.delivery.FLUSH_SECONDS", 0.5)
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    producer = Producer(producer_properties(load_settings()))
    delivery = Delivery(producer, "t")
    delivery.send([Message(b"k", b"v", "transaction", "e")] * 3, Pace(None))
    wait_until(lambda: len(producer) > 3, 20, lambda: "the report of the failures is not queued")
    monkeypatch.setattr("ingestion.delivery.FLUSH_SECONDS", 0.0)
    with pytest.raises(DeliveryError, match="3 messages were not acknowledged"):
        delivery.finish()


@pytest.mark.parametrize("option", ["--ledger", "--metrics-port"])
def test_files_and_ports_that_cannot_be_had_are_named(option: str, kafka: str, make_topic: MakeTopic) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        value = "/nowhere/ledger" if option == "--ledger" else str(taken.getsockname()[1])
        settings = {"KAFKA_BOOTSTRAP_SERVERS": kafka, "KAFKA_TOPIC": make_topic()}
        done = run("produce", "--events", "1000", option, value, **settings)
    assert done.returncode == 2
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith(f"error: {option} {value}: expected")


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({}, "KAFKA_BOOTSTRAP_SERVERS is not set"),
        (
            {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"},
            "KAFKA_BOOTSTRAP_SERVERS=127.0.0.1:1: no broker answered",
        ),
        ({"KAFKA_BOOTSTRAP_SERVERS": "nowhere"}, "KAFKA_BOOTSTRAP_SERVERS: expected host:port"),
        ({"RULE_CATALOG": "nowhere"}, "RULE_CATALOG: expected the absolute path of a folder, got nowhere"),
    ],
)
def test_settings_that_are_unset_or_wrong_are_named_in_one_line(settings: dict[str, str], named: str) -> None:
    done = run("produce", "--events", "1000", **settings)
    assert done.returncode == 2
    (line,) = done.stderr.strip().splitlines()
    assert named in line


def test_a_missing_topic_is_named_with_the_way_out(kafka: str) -> None:
    done = run("produce", KAFKA_BOOTSTRAP_SERVERS=kafka, KAFKA_TOPIC="not-there")
    assert done.returncode == 2
    (line,) = done.stderr.strip().splitlines()
    assert "not-there" in line
    assert "make up" in line


def test_a_file_is_sent_and_its_bad_rows_stay_behind(
    kafka: str, make_topic: MakeTopic, tmp_path: Path
) -> None:
    topic, file, ledger = make_topic(), tmp_path / "transactions.csv", tmp_path / "ledger.jsonl"
    file.write_text(
        "transaction_id,user_id,amount,timestamp,location,merchant,card_type,device_id,credit_score,risk_level,is_fraud\n"
        't1,u1,12.30,2025-03-01T12:00:00Z,"Lisbon, PT",cafe,debit,d1,700,Low,0\n'
        "t2,u1,12.345,2025-03-01T12:00:00Z,Lisbon,cafe,debit,d1,700,Low,0\n"
        "t3,u2,0,2025-03-01 14:00:00+02:00,Porto,bar,credit,,500,Medium,\n"
    )
    done = run("send", str(file), "--ledger", str(ledger), KAFKA_BOOTSTRAP_SERVERS=kafka, KAFKA_TOPIC=topic)
    assert done.returncode == 3
    assert f"{file}:3: amount: expected at most two decimal places" in done.stderr
    events = {orjson.loads(value or b"")["event_id"] for _, value in read_topic(kafka, topic).values()}
    assert {"t1", "t3"} <= events
    assert len(events) == 3
    assert (tmp_path / "transactions.rejected.csv").read_text().startswith("line,reason,row\n3,")


def test_two_files_of_samples_are_sent_whole(kafka: str, make_topic: MakeTopic) -> None:
    topic = make_topic()
    for name in ("transactions.csv", "loan_applications.csv"):
        done = run("send", f"data/samples/{name}", KAFKA_BOOTSTRAP_SERVERS=kafka, KAFKA_TOPIC=topic)
        assert done.returncode == 0, done.stderr
    types = Counter(
        orjson.loads(value or b"")["event_type"] for _, value in read_topic(kafka, topic).values()
    )
    assert types["transaction"] == types["label"] == 200
    assert types["application"] == 100


def test_a_slice_of_the_handbook_is_replayed(
    kafka: str, make_topic: MakeTopic, handbook_file: Path, tmp_path: Path
) -> None:
    topic, ledger = make_topic(), tmp_path / "ledger.jsonl.gz"
    arguments = (str(handbook_file), "--limit", "2000", "--ledger", str(ledger))
    done = run("replay", *arguments, KAFKA_BOOTSTRAP_SERVERS=kafka, KAFKA_TOPIC=topic)
    assert done.returncode == 0, done.stderr
    summary = read_summary(ledger)
    events = [orjson.loads(value or b"") for _, value in read_topic(kafka, topic).values()]
    transactions = [event for event in events if event["event_type"] == "transaction"]
    assert len(transactions) == summary["transactions"] == 2_000
    assert sum(event["amount_cents"] for event in transactions) == summary["amount_cents"]
    assert sum(event["event_type"] == "label" for event in events) == 2_000
