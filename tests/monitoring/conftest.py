from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator

import psycopg2
import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic
from psycopg2 import extensions

from contract.settings import Settings
from stack.environment import read_env
from stack.folder import stack_folder
from stack.prometheus import find_prometheus
from stack.up import Stack
from storage.postgres import migrate, set_role_passwords
from tests.stacks import stack_root

MakeTopic = Callable[..., str]


@pytest.fixture(scope="session")
def promtool() -> str:
    program = find_prometheus("promtool")
    assert program, "promtool is neither on the PATH nor to be had from apt: install prometheus"
    return program


@pytest.fixture(scope="session")
def make_topic(kafka: str) -> MakeTopic:
    """Create a topic of one's own and fill it: `make_topic([3, 0])` has 3 messages in partition 0."""
    admin = AdminClient({"bootstrap.servers": kafka})

    def make(messages: list[int], name: str = "") -> str:
        topic = name or f"lag_{uuid.uuid4().hex[:8]}"
        if name in admin.list_topics(timeout=10).topics:
            return name
        admin.create_topics([NewTopic(topic, len(messages), 1)])[topic].result(30)
        producer = Producer({"bootstrap.servers": kafka})
        for partition, count in enumerate(messages):
            for number in range(count):
                producer.produce(topic, str(number).encode(), partition=partition)
        assert producer.flush(30) == 0
        return topic

    return make


@pytest.fixture(scope="session")
def warehouse() -> Iterator[Settings]:
    """Settings of a warehouse that only these tests write, so that sums can be compared exactly."""
    with stack_root("monitoring") as root:
        stack = Stack(stack_folder(root), environment={})
        stack.up(["postgres"])
        served = read_env(stack.folder.env)
        settings = Settings(
            postgres_dsn=served["POSTGRES_DSN"], postgres_monitor_dsn=served["POSTGRES_MONITOR_DSN"]
        )
        migrate(settings)
        set_role_passwords(settings, stack.engines["postgres"].role_passwords())  # type: ignore[attr-defined]
        yield settings
        stack.down(["postgres"])


@pytest.fixture
def owner(warehouse: Settings) -> Iterator[extensions.connection]:
    """A connection that may write anything, over an empty warehouse."""
    connection = psycopg2.connect(warehouse.require("postgres_dsn"))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE warehouse.alert_reconciliation, warehouse.batch_inputs, warehouse.batch_runs CASCADE"
        )
    yield connection
    connection.close()
