"""One test's own topics, databases and lake on the session's engines, and a stream played by hand."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from pymongo import MongoClient
from pyspark.sql import SparkSession

from contract.names import BATCH_ROLE
from contract.settings import Settings
from rules.catalog import Rule, load_catalog
from rules.compiler import compile_rule
from rules.fact_history import FactHistory
from spark_jobs.landing import Landing, land_files, land_topic
from spark_jobs.progress import Progress
from spark_jobs.reconciliation.reconciling import Reconciled, Reconciliation, StreamNames
from spark_jobs.reconciliation.rule_book import RuleBook
from storage.postgres import connect, migrate, set_role_passwords, transaction

PARTITIONS = 2
NOW_MS = 1_760_000_000_000


@dataclass
class Platform:
    """What a test sends, runs and looks at."""

    settings: Settings
    spark: SparkSession
    names: StreamNames
    rules: tuple[Rule, ...]
    folder: Path
    facts: FactHistory

    def send(self, events: Iterable[dict[str, Any]], partition: int = 0) -> list[int]:
        """Append events to a partition of the topic; give their offsets."""
        offsets = self._produce(self.settings.kafka_topic, [json.dumps(event) for event in events], partition)
        return offsets

    def _produce(self, topic: str, values: Sequence[str | bytes | None], partition: int) -> list[int]:
        offsets: list[int] = []
        producer = Producer(self.settings.librdkafka() | {"enable.idempotence": True})
        for value in values:
            producer.produce(
                topic,
                value,
                partition=partition,
                on_delivery=lambda _, message: offsets.append(message.offset()),
            )
        assert producer.flush(20) == 0
        return offsets

    def send_alerts(self, documents: Iterable[dict[str, Any]]) -> None:
        """Append alerts to their topic, as the stream does."""
        self._produce(self.names.alerts_topic, [json.dumps(document) for document in documents], 0)

    def send_garbage(self, values: Sequence[bytes | None]) -> None:
        """Append messages that are no alerts to the alerts' topic."""
        self._produce(self.names.alerts_topic, values, 1)

    def record_run(
        self, start_offsets: Mapping[int, int] | None = None, *, checkpoint: str | None = None, **changes: Any
    ) -> None:
        """Record a start of the stream job, by default with the rules in force."""
        document = {
            "_id": f"run-{secrets.token_hex(3)}",
            "started_at_ms": NOW_MS,
            "start_offsets": {str(partition): offset for partition, offset in (start_offsets or {}).items()},
            "checkpoint": checkpoint,
            "rules": [{"id": rule.id, "version": rule.version} for rule in self.rules],
            "rules_version": "x",
            "code_version": "x",
        } | changes
        self._produce(self.names.runs_topic, [json.dumps(document)], 0)

    def commit(self, offsets: Mapping[int, int] | None = None) -> None:
        """Commit offsets as the stream does at a checkpoint; by default to the end of every partition."""
        options = self.settings.librdkafka() | {
            "group.id": self.names.detect_group,
            "enable.auto.commit": False,
        }
        with closing(Consumer(options)) as consumer:
            for partition in range(PARTITIONS):
                place = TopicPartition(self.settings.kafka_topic, partition)
                end = consumer.get_watermark_offsets(place, timeout=20)[1]
                place.offset = (offsets or {}).get(partition, 0) if offsets is not None else end
                consumer.commit(offsets=[place], asynchronous=False)

    def land(self) -> None:
        """Land what is new on the topic."""
        with closing(self.connect()) as connection:
            land_topic(Landing(self.spark, self.settings, connection, Progress("land_events")))

    def land_file(self, events: Iterable[dict[str, Any]]) -> None:
        """Land a file of events, past the topic."""
        file = self.folder / "events.jsonl"
        file.write_text("".join(json.dumps(event) + "\n" for event in events))
        with closing(self.connect()) as connection:
            landing = Landing(self.spark, self.settings, connection, Progress("land_events"))
            land_files(landing, str(file))

    def reconcile(
        self, *, rules: tuple[Rule, ...] | None = None, now_ms: int = NOW_MS, accept_gap: bool = False
    ) -> Reconciled:
        """Run one reconciliation, by default with the catalog of the platform."""
        with closing(self.connect()) as connection:
            return Reconciliation(
                self.settings,
                connection,
                self.spark,
                book_of(self.rules if rules is None else rules, self.facts),
                Progress("reconcile_alerts"),
                self.names,
            ).reconcile(now_ms=now_ms, accept_gap=accept_gap)

    def connect(self) -> Any:
        """Connect as the batch role."""
        return connect(self.settings.batch_dsn)

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Query the warehouse."""
        with closing(self.connect()) as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())

    def verdicts(self) -> dict[str, tuple[str, str | None]]:
        """alert_id -> verdict and reason in force."""
        rows = self.rows("SELECT alert_id, verdict, reason FROM warehouse.alert_reconciliation")
        return {alert_id: (verdict, reason) for alert_id, verdict, reason in rows}

    def documents(self) -> dict[str, dict[str, Any]]:
        """The alert store by id."""
        with self._mongo() as client:
            found = client[self.settings.mongo_database]["fraud_alerts"].find()
            return {document["_id"]: document for document in found}

    def deliver(self, documents: Iterable[dict[str, Any]]) -> None:
        """Insert alerts into the store, as the delivery does."""
        with self._mongo() as client:
            extra = {"status_reason": None, "batch_id": None}
            client[self.settings.mongo_database]["fraud_alerts"].insert_many(
                [document | extra for document in documents]
            )

    def change(self, alert_id: str, **values: Any) -> None:
        """Set fields of an alert, as an analyst's program does."""
        with self._mongo() as client:
            client[self.settings.mongo_database]["fraud_alerts"].update_one(
                {"_id": alert_id}, {"$set": values}
            )

    def _mongo(self) -> MongoClient[dict[str, Any]]:
        return MongoClient(self.settings.require("mongo_uri"))

    def alert(
        self, event: Mapping[str, Any], offset: int, partition: int = 0, *, version: int = 1, **changes: Any
    ) -> dict[str, Any]:
        """An alert as the stream raises it, for the rule ``big_loan``."""
        kept = {name: value for name, value in event.items() if value is not None}
        return {
            "_id": f"big_loan:{event['event_id']}",
            "rule_id": "big_loan",
            "rule_version": version,
            "severity": "high",
            "message": f"Loan of {event['loan_amount_cents']}",
            **{name: event[name] for name in ("event_id", "event_type", "user_id", "event_time_ms")},
            "detected_at_ms": NOW_MS,
            "evidence": {name: event[name] for name in ("loan_amount_cents", "credit_score")},
            "event": {"currency": "USD"} | kept,
            "source": {"topic": self.settings.kafka_topic, "partition": partition, "offset": offset},
            "seen": {},
            "status": "provisional",
        } | changes


def book_of(rules: tuple[Rule, ...], facts: FactHistory) -> RuleBook:
    """The rules as reconciliation asks for them."""
    return RuleBook([compile_rule(rule) for rule in rules], facts)


BIG_LOAN = """
id: big_loan
version: {version}
on: application
when: {when}
severity: high
message: "Loan of {{loan_amount_cents}}"
"""


def big_loan_catalog(
    folder: Path, version: int = 1, when: str = "loan_amount_cents > 1000 AND credit_score < 450"
) -> tuple[Rule, ...]:
    """A catalog of one rule."""
    folder.mkdir(exist_ok=True)
    (folder / "big_loan.yaml").write_text(BIG_LOAN.format(version=version, when=when))
    return load_catalog(folder)


def application(event_id: str, loan_amount_cents: int = 5000, **changes: Any) -> dict[str, Any]:
    """An application that the rule ``big_loan`` fires on."""
    return {
        "event_id": event_id,
        "event_type": "application",
        "event_time_ms": NOW_MS,
        "user_id": "u1",
        "credit_score": 400,
        "loan_amount_cents": loan_amount_cents,
    } | changes


def make_platform(settings: Settings, spark: SparkSession, folder: Path) -> Platform:
    """Create the test's own topics and databases."""
    token = secrets.token_hex(4)
    names = StreamNames(f"alerts_{token}", f"runs_{token}", f"detect_{token}")
    topic = f"events_{token}"
    admin = AdminClient(settings.librdkafka())
    wanted = [
        NewTopic(topic, PARTITIONS, 1, config={"message.timestamp.type": "LogAppendTime"}),
        NewTopic(names.alerts_topic, 2, 1),
        NewTopic(names.runs_topic, 1, 1),
    ]
    for created in admin.create_topics(wanted).values():
        created.result(20)
    own = settings.model_copy(
        update={
            "kafka_topic": topic,
            "mongo_database": f"risk_{token}",
            "lake_uri": str(folder / "lake"),
        }
    )
    empty_warehouse(own)
    return Platform(own, spark, names, big_loan_catalog(folder / "catalog"), folder, FactHistory(()))


def empty_warehouse(settings: Settings) -> None:
    """Leave the tables of an up-to-date warehouse without rows, and let the batch role log in."""
    migrate(settings)
    password = urlsplit(settings.batch_dsn).password
    assert password
    set_role_passwords(settings, {BATCH_ROLE: password})
    with closing(connect(settings.require("postgres_dsn"))) as connection, transaction(connection) as cursor:
        cursor.execute(
            "SELECT string_agg(format('warehouse.%I', tablename), ', ') FROM pg_tables "
            "WHERE schemaname = 'warehouse' AND tablename <> 'schema_migrations'"
        )
        ((tables,),) = cursor.fetchall()
        cursor.execute(f"TRUNCATE {tables} CASCADE")
