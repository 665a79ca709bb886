"""One test's own topic and lake on the session's engines: what it sends, runs and looks at."""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from pyspark.sql import SparkSession

from contract.names import BATCH_ROLE, BI_ROLE, MONITOR_ROLE, TOPIC_MESSAGE_BYTES_MAX
from contract.settings import Settings
from rules.policy import RiskPolicy, load_policies
from spark_jobs.landing import Landed, Landing, land_files, land_topic
from spark_jobs.portions import PORTION_MESSAGES_MAX
from spark_jobs.progress import Progress
from spark_jobs.scoring import Scored, Scoring, score
from storage.postgres import Connection, connect, migrate, set_role_passwords, transaction
from tests.batch.oracle import Message

PARTITIONS = 2
ROLE_PASSWORD = secrets.token_hex(8)

Sent = tuple[bytes | None, str | None]
"""A message's bytes, and the reason that it has to be quarantined for."""


@dataclass
class Platform:
    """Sends, runs the jobs in this process, and reads the warehouse."""

    settings: Settings
    folder: Path
    spark: SparkSession = None
    policies: Mapping[int, RiskPolicy] | None = None

    @property
    def topic(self) -> str:
        return self.settings.kafka_topic

    def send(self, messages: Iterable[Sent], partition: int | None = None) -> list[Message]:
        """Append messages, spread over the partitions by position unless one is named; give their places."""
        producer = Producer(
            {**self.settings.librdkafka(), "message.max.bytes": TOPIC_MESSAGE_BYTES_MAX, "linger.ms": 0}
        )
        sent: list[Message] = []
        for position, (payload, reason) in enumerate(messages):
            where = position % PARTITIONS if partition is None else partition
            producer.produce(
                self.topic,
                payload,
                partition=where,
                on_delivery=lambda _, message, payload=payload, reason=reason: sent.append(
                    Message(self.topic, message.partition(), message.offset(), 0, payload, reason)
                ),
            )
        assert producer.flush(30) == 0
        return self._with_append_times(sent)

    def send_events(self, *events: Mapping[str, Any], partition: int | None = 0) -> list[Message]:
        return self.send([(json.dumps(event).encode(), None) for event in events], partition)

    def _with_append_times(self, sent: list[Message]) -> list[Message]:
        """Read the messages back: only the broker knows when it appended them."""
        places: dict[int, int] = {}
        for message in sent:
            places[message.partition] = min(places.get(message.partition, message.offset), message.offset)
        wanted = {(message.partition, message.offset): message for message in sent}
        options = {**self.settings.librdkafka(), "group.id": "look", "fetch.message.max.bytes": 8 << 20}
        with closing(Consumer(options)) as consumer:
            consumer.assign([TopicPartition(self.topic, *place) for place in places.items()])
            while any(message.append_time_ms == 0 for message in wanted.values()):
                found = consumer.poll(20)
                assert found is not None, f"{self.topic}: a message is not there"
                assert found.error() is None
                place = (found.partition(), found.offset())
                wanted[place] = wanted[place].at(found.timestamp()[1])
        return sorted(wanted.values())

    def land(
        self, *, accept_gap: bool = False, wait: bool = False, messages_max: int = PORTION_MESSAGES_MAX
    ) -> Landed:
        with closing(self.connect()) as connection:
            return land_topic(
                self.landing(connection), accept_gap=accept_gap, wait=wait, messages_max=messages_max
            )

    def land_files(self, uri: str) -> Landed:
        with closing(self.connect()) as connection:
            return land_files(self.landing(connection), uri)

    def score(self, *, policy_version: int | None = None, recompute: bool = False) -> Scored:
        with closing(self.connect()) as connection:
            scoring = Scoring(
                self.spark, self.settings, connection, Progress("score"), self.policies or load_policies()
            )
            return score(scoring, policy_version=policy_version, recompute=recompute)

    def landing(self, connection: Connection) -> Landing:
        return Landing(self.spark, self.settings, connection, Progress("land"))

    def connect(self) -> Connection:
        """Connect as the batch role."""
        return connect(self.settings.batch_dsn)

    def rows(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Query the warehouse as the batch role."""
        with closing(self.connect()) as connection, transaction(connection) as cursor:
            cursor.execute(statement, parameters)
            return [tuple(map(_plain, row)) for row in cursor.fetchall()]

    @cached_property
    def admin(self) -> AdminClient:
        """Kept, for a client that goes away takes its answers with it."""
        return AdminClient(self.settings.librdkafka())

    def create_topic(self, partitions: int = PARTITIONS) -> None:
        config = {
            "message.timestamp.type": "LogAppendTime",
            "max.message.bytes": str(TOPIC_MESSAGE_BYTES_MAX),
        }
        created = self.admin.create_topics([NewTopic(self.topic, partitions, 1, config=config)])
        created[self.topic].result(20)


def make_platform(settings: Settings, folder: Path) -> Platform:
    """Create the test's own topic and name its own lake."""
    own = settings.model_copy(
        update={"kafka_topic": f"events_{secrets.token_hex(4)}", "lake_uri": str(folder / "lake")}
    )
    platform = Platform(own, folder)
    platform.create_topic()
    return platform


def empty_warehouse(settings: Settings) -> None:
    """Leave an up-to-date warehouse without rows, and let its roles log in."""
    migrate(settings)
    passwords = dict.fromkeys((MONITOR_ROLE, BI_ROLE), ROLE_PASSWORD)
    passwords[BATCH_ROLE] = urlsplit(settings.batch_dsn).password or ROLE_PASSWORD
    set_role_passwords(settings, passwords)
    with closing(connect(settings.require("postgres_dsn"))) as connection, transaction(connection) as cursor:
        cursor.execute(
            "SELECT string_agg(format('warehouse.%I', tablename), ', ') FROM pg_tables "
            "WHERE schemaname = 'warehouse' AND tablename <> 'schema_migrations'"
        )
        cursor.execute(f"TRUNCATE {cursor.fetchall()[0][0]} CASCADE")


def dsn_as(settings: Settings, role: str) -> str:
    """The warehouse's URL as another role."""
    password = urlsplit(settings.batch_dsn).password if role == BATCH_ROLE else ROLE_PASSWORD
    parts = urlsplit(settings.require("postgres_dsn"))
    login = f"{role}:{password or ROLE_PASSWORD}@{parts.hostname}:{parts.port}"
    return urlunsplit(parts._replace(netloc=login))


def environment_of(settings: Settings, base: Mapping[str, str]) -> dict[str, str]:
    """The environment of a program that runs with these settings."""
    named = {
        name: settings.require(name)
        for name in (
            "kafka_bootstrap_servers",
            "kafka_topic",
            "postgres_dsn",
            "postgres_batch_dsn",
            "lake_uri",
        )
        if getattr(settings, name) is not None
    }
    dropped = ("SPARK_", "PYSPARK_", "KAFKA_", "POSTGRES_", "LAKE_")
    kept = {name: value for name, value in base.items() if not name.startswith(dropped)}
    return kept | {"PYSPARK_PYTHON": sys.executable} | {name.upper(): value for name, value in named.items()}


def events_jsonl(events: Sequence[Mapping[str, Any]]) -> bytes:
    return b"".join(json.dumps(event).encode() + b"\n" for event in events)


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value
