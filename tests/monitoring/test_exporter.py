"""The exporter as a process: what Prometheus gets from it, also when a server behind it is down."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families
from psycopg2 import extensions
from pydantic import SecretStr
from pymongo import MongoClient

from contract.names import ALERTS_TOPIC
from contract.settings import Settings
from monitoring.alert_counts import AlertCounts
from monitoring.source import SourceError
from stack.folder import ROOT
from storage.mongo import Document, connect
from tests.monitoring.batch_runs import add_run, landed

pytestmark = pytest.mark.engines

Numbers = dict[tuple[str, ...], float]


def test_alerts_are_counted_by_rule_and_status(mongo: str) -> None:
    database = f"counts_{uuid.uuid4().hex[:8]}"
    with MongoClient[Document](mongo) as client:
        source = AlertCounts(client, database)
        assert [(sample.name, sample.value) for sample in source.read()] == [("tandem_undelivered_alerts", 0)]
        alerts = [("r1", "provisional"), ("r1", "provisional"), ("r1", "confirmed"), ("r2", "missed")]
        client[database]["fraud_alerts"].insert_many(
            {"_id": f"{rule}:{number}", "rule_id": rule, "status": status}
            for number, (rule, status) in enumerate(alerts)
        )
        client[database]["undelivered_alerts"].insert_one({"_id": "r9:1"})
        assert {(sample.name, *sample.labels): sample.value for sample in source.read()} == {
            ("tandem_undelivered_alerts",): 1,
            ("tandem_alerts", "r1", "provisional"): 2,
            ("tandem_alerts", "r1", "confirmed"): 1,
            ("tandem_alerts", "r2", "missed"): 1,
        }


def test_a_mongodb_that_does_not_answer_is_said_without_its_address() -> None:
    settings = Settings(mongo_uri=SecretStr("mongodb://user:word@127.0.0.1:1"))
    with (
        connect(settings, answer_ms_max=200) as client,
        pytest.raises(SourceError, match=r"^MongoDB: ServerSelectionTimeoutError$"),
    ):
        AlertCounts(client, "risk").read()


def environment(**settings: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **settings}


@contextmanager
def exporting(**settings: str) -> Iterator[str]:
    """A running exporter's address; it has to end well when told to."""
    command = [sys.executable, "-m", "monitoring.exporter", "--port", "0"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(**settings), stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr
        found = re.search(r"http://\S+", process.stderr.readline())
        assert found
        yield found[0]
        process.terminate()
        assert process.wait(30) == 0


def scrape(address: str) -> tuple[str, Numbers, float]:
    started = time.monotonic()
    with urlopen(address, timeout=30) as answer:
        text = answer.read().decode()
    seconds = time.monotonic() - started
    samples = (sample for family in text_string_to_metric_families(text) for sample in family.samples)
    return text, {(sample.name, *sample.labels.values()): sample.value for sample in samples}, seconds


def wait_for(address: str, *key: str, value: float) -> Numbers:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        _, numbers, _ = scrape(address)
        if numbers.get(key) == value:
            return numbers
        time.sleep(0.5)
    raise AssertionError(f"{key} did not get to {value}: {numbers}")


@pytest.fixture(scope="module")
def alerts_topic(make_topic: Callable[..., str]) -> str:
    return make_topic([1], ALERTS_TOPIC)


def test_prometheus_gets_what_kafka_and_the_warehouse_hold_while_mongodb_is_down(
    kafka: str,
    alerts_topic: str,
    make_topic: Callable[..., str],
    warehouse: Settings,
    owner: extensions.connection,
    promtool: str,
) -> None:
    topic = make_topic([7, 5])
    add_run(owner, batch_id="a", **{**landed(9, 2, {"not_json": 1}, {"0": 4}), "source": f"kafka:{topic}"})
    with exporting(
        KAFKA_BOOTSTRAP_SERVERS=kafka,
        KAFKA_TOPIC=topic,
        MONGO_URI="mongodb://127.0.0.1:1",
        POSTGRES_MONITOR_DSN=warehouse.monitor_dsn,
    ) as address:
        for source in ("kafka", "warehouse", "verdicts", "models", "landing"):
            numbers = wait_for(address, "tandem_exporter_source_up", source, value=1)
        text, numbers, seconds = scrape(address)
        checked = subprocess.run([promtool, "check", "metrics"], input=text, text=True, check=False)
    assert checked.returncode == 0
    assert seconds < 4
    by_group = by_labels(text, "kafka_consumergroup_lag")
    assert by_group[("tandem-detect-fraud", topic, "0")] == 7
    assert by_group[("tandem-detect-fraud", topic, "1")] == 5
    assert by_group[("tandem-land-events", topic, "0")] == 3
    assert by_group[("tandem-land-events", topic, "1")] == 5
    assert numbers[("tandem_landed_messages_total", "accepted")] == 6
    assert numbers[("tandem_landed_messages_total", "duplicate")] == 2
    assert numbers[("tandem_quarantined_messages_total", "not_json")] == 1
    assert numbers[("tandem_exporter_source_up", "mongo")] == 0
    assert not [key for key in numbers if key[0] == "tandem_alerts"]


def by_labels(text: str, name: str) -> Numbers:
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {
        (sample.labels["group"], sample.labels["topic"], sample.labels["partition"]): sample.value
        for sample in samples
        if sample.name == name
    }


def test_a_scrape_is_answered_in_time_when_a_server_accepts_and_never_speaks() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with exporting(
            KAFKA_BOOTSTRAP_SERVERS=f"127.0.0.1:{port}",
            MONGO_URI=f"mongodb://127.0.0.1:{port}",
            POSTGRES_MONITOR_DSN=f"postgresql://u:word@127.0.0.1:{port}/d",
        ) as address:
            _, numbers, seconds = scrape(address)
    assert seconds < 4
    assert {value for key, value in numbers.items() if key[0] == "tandem_exporter_source_up"} == {0}


def test_an_unset_setting_and_a_taken_port_are_one_line_and_exit_2() -> None:
    def run(*arguments: str, **settings: str) -> tuple[int, str]:
        command = [sys.executable, "-m", "monitoring.exporter", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=environment(**settings), capture_output=True, text=True, check=False
        )
        return done.returncode, done.stderr

    code, said = run()
    assert code == 2
    assert re.fullmatch(r"error: \w+ is not set: .*\n", said)
    given = {
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "MONGO_URI": "mongodb://127.0.0.1:1",
        "POSTGRES_DSN": "postgresql://u@127.0.0.1:1/d",
    }
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, said = run("--port", port, **given)
    assert code == 2
    assert re.fullmatch(rf"error: --port {port}: cannot listen on 127.0.0.1: Address already in use\n", said)
