"""The embedded engines as processes: started twice, killed, started by two at once, stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import psutil
import psycopg2
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from pymongo import MongoClient

from contract.names import EVENTS_TOPIC_DEFAULT
from contract.settings import SettingsError
from stack.folder import ROOT
from stack.platform import settings_of
from stack.ports import is_free
from stack.processes import running
from stack.up import Stack
from storage.topics import create_topics
from tests.stack.conftest import MakeStack

pytestmark = pytest.mark.engines

STORES = ("kafka", "postgres", "mongo")


def test_a_second_start_leaves_everything_as_it_is(make_stack: MakeStack) -> None:
    first = make_stack().up(STORES, tell=_quiet)
    before = _pids(make_stack())
    assert make_stack().up(STORES, tell=_quiet) == first
    assert _pids(make_stack()) == before


@pytest.mark.faults
def test_killed_engines_come_back_at_their_addresses_with_their_data(make_stack: MakeStack) -> None:
    values = make_stack().up(STORES, tell=_quiet)
    _write(values)
    time.sleep(2)  # the alert store commits to disk once a second
    for process in _processes(make_stack()):
        process.kill()
    assert make_stack().up(STORES, tell=_quiet) == values
    assert _read(values) == ("message", "row", "document")


@pytest.mark.faults
def test_a_start_that_was_killed_is_finished_by_the_next(make_stack: MakeStack) -> None:
    folder = make_stack().folder
    command = [sys.executable, "-m", "stack", "up", "--only", "kafka,postgres,mongo"]
    environment = {**os.environ, "TANDEM_STACK_DIR": str(folder.root)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) as start:
        _wait_for_first_process(make_stack())
        start.send_signal(signal.SIGKILL)
    make_stack().up(STORES, tell=_quiet)
    assert len(_pids(make_stack())) == len(STORES)
    assert len(_marked(str(folder.root))) == len(STORES)


def test_two_starts_at_once_make_one_stack(make_stack: MakeStack) -> None:
    stacks = make_stack(), make_stack()
    with ThreadPoolExecutor() as pool:
        first, second = pool.map(lambda stack: stack.up(["mongo"], tell=_quiet), stacks)
    assert first == second
    assert len(_marked(str(stacks[0].folder.root))) == 1


def test_engines_listen_on_loopback_alone_and_down_leaves_nothing(make_stack: MakeStack) -> None:
    stack = make_stack()
    stack.up(tell=_quiet)
    listening = _listening(stack)
    assert {host for host, _ in listening} == {"127.0.0.1", "::ffff:127.0.0.1"}
    assert {stack.ports[name] for name in (*STORES, "flink", "prometheus")} <= {port for _, port in listening}
    stack.down(tell=_quiet)
    assert _marked(str(stack.folder.root)) == []
    assert all(is_free(port) for _, port in listening)


def test_a_topic_without_the_brokers_append_time_is_refused(kafka: str) -> None:
    settings = settings_of({"KAFKA_BOOTSTRAP_SERVERS": kafka, "KAFKA_TOPIC": "made_by_somebody"})
    client = AdminClient({"bootstrap.servers": kafka})
    for made in client.create_topics([NewTopic("made_by_somebody", 1, 1)]).values():
        made.result()
    with pytest.raises(SettingsError, match=r"timestamp\.type is CreateTime, expected LogAppendTime"):
        create_topics(settings)


def test_topics_are_made_once(kafka: str) -> None:
    settings = settings_of({"KAFKA_BOOTSTRAP_SERVERS": kafka, "KAFKA_TOPIC": "made_by_the_stack"})
    create_topics(settings)
    create_topics(settings)


def _write(values: dict[str, str]) -> None:
    create_topics(settings_of(values))
    producer = Producer({"bootstrap.servers": values["KAFKA_BOOTSTRAP_SERVERS"]})
    producer.produce(EVENTS_TOPIC_DEFAULT, b"message", partition=0)
    assert producer.flush(20) == 0
    with (
        closing(psycopg2.connect(values["POSTGRES_DSN"])) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("CREATE TABLE kept AS SELECT 'row' AS text")
    with _mongo(values) as client:
        client["risk"]["kept"].insert_one({"_id": "document"})


def _read(values: dict[str, str]) -> tuple[str, str, str]:
    servers = {"bootstrap.servers": values["KAFKA_BOOTSTRAP_SERVERS"], "group.id": "reader"}
    consumer = Consumer(servers)
    consumer.assign([TopicPartition(EVENTS_TOPIC_DEFAULT, 0, 0)])
    message = consumer.poll(20)
    consumer.close()
    assert message is not None
    with closing(psycopg2.connect(values["POSTGRES_DSN"])) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT text FROM kept")
        row = cursor.fetchone()
    with _mongo(values) as client:
        document = client["risk"]["kept"].find_one()
    assert row is not None
    assert document is not None
    return message.value().decode(), row[0], document["_id"]


def _mongo(values: dict[str, str]) -> MongoClient[dict[str, Any]]:
    return MongoClient(values["MONGO_URI"])


def _processes(stack: Stack) -> Iterator[psutil.Process]:
    for name in STORES:
        process = running(stack.folder, name)
        assert process is not None
        yield process


def _pids(stack: Stack) -> list[int]:
    return [process.pid for process in _processes(stack)]


def _listening(stack: Stack) -> set[tuple[str, int]]:
    """Host and port of everything that the engines listen on."""
    names = [name for engine in stack.engines.values() for name in engine.processes]
    engines = [process for name in names if (process := running(stack.folder, name))]
    family = [*engines, *(child for process in engines for child in process.children(recursive=True))]
    return {
        (connection.laddr[0], connection.laddr[1])
        for process in family
        for connection in process.net_connections(kind="tcp")
        if connection.status == psutil.CONN_LISTEN
    }


def _marked(root: str) -> list[int]:
    """Process ids of the engines of a stack, without what PostgreSQL's postmaster started."""
    found = []
    for process in psutil.process_iter():
        try:
            mark = process.environ().get("TANDEM_STACK_PROCESS", "")
            parent = process.parent()
        except (psutil.Error, OSError):
            continue
        if mark.startswith(f"{root}:") and process.status() != psutil.STATUS_ZOMBIE:
            inherited = parent is not None and parent.pid in found
            found += [] if inherited else [process.pid]
    return found


def _wait_for_first_process(stack: Stack) -> None:
    deadline = time.monotonic() + 30
    while not _marked(str(stack.folder.root)):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _quiet(_: str) -> None:
    """Says nothing."""
