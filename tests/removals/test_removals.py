"""Retention by age and erasure of a user: what goes, what stays, and what a cut leaves."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from pymongo import MongoClient
from pyspark.sql import SparkSession

from contract.settings import Settings, SettingsError
from spark_jobs import lake
from storage.postgres import connect, transaction
from storage.removals import RemovalError, Request, cutoff_of, erase_user, remove_before
from storage.traces import holds_trace
from tests.batch.oracle import instant
from tests.batch.platform import Platform, make_platform
from tests.warehouse.conftest import Loaded, load, prepare
from tests.warehouse.events import draw_events
from tests.warehouse.oracle import Oracle
from tests.warehouse.test_dimensions import KNOWN_FRAUD, UNLIKE_LEVELS, USERS

pytestmark = pytest.mark.engines

GONE = "user-3"
REQUEST = Request("tests", "ticket-7")
LEVELS = "SELECT transaction_id, credit_score, risk_level FROM warehouse.processed_transactions"
SCORED = """
INSERT INTO warehouse.risk_models
    (model_name, model_version, kind, document, document_sha256, data_hash, code_version, figures)
VALUES ('fraud', 1, 'boosted', '', '', '', '', '{}');
INSERT INTO warehouse.transaction_scores
SELECT transaction_id, 0.5, 'fraud', 1, batch_id FROM warehouse.processed_transactions
"""
UNLIKE_SCORED = """
SELECT transaction_id FROM warehouse.processed_transactions AS t
FULL JOIN warehouse.transaction_scores AS s USING (transaction_id)
WHERE t.transaction_id IS NULL OR s.transaction_id IS NULL
"""
BROKEN = b'{"user_id": "user-3", "event_id": "broken"'


@pytest.fixture(scope="module")
def filled(
    kafka: str,
    postgres: str,
    mongo: str,
    settings: Callable[..., Settings],
    spark: SparkSession,
    tmp_path_factory: pytest.TempPathFactory,
) -> Loaded:
    """A warehouse from which one user's data is removed, then old data, test after test."""
    found = prepare(settings).model_copy(update={"mongo_database": "removals"})
    platform = make_platform(found, tmp_path_factory.mktemp("removals"))
    platform.spark = spark
    platform.send([(BROKEN, "not_json")])
    filled = load(platform, draw_events(7, 250), runs=1)
    owner = connect(platform.settings.require("postgres_dsn"))
    with closing(owner), transaction(owner) as cursor:
        cursor.execute(SCORED)
    with alerts(platform) as collection:
        for event in filled.oracle.of("transaction"):
            common = {"user_id": event["user_id"], "event_time_ms": event["event_time_ms"]}
            collection.insert_one({"_id": f"r:{event['event_id']}", **common, "event": event})
    return filled


@contextmanager
def alerts(platform: Platform) -> Iterator[Any]:
    client: MongoClient[dict[str, Any]] = MongoClient(platform.settings.require("mongo_uri"))
    with client:
        yield client[platform.settings.mongo_database]["fraud_alerts"]


def lake_events(platform: Platform) -> list[Any]:
    batch_ids = platform.rows("SELECT batch_id FROM warehouse.batch_runs WHERE job = 'land_events'")
    events = lake.read_events(
        platform.spark, platform.settings.require("lake_uri"), [row[0] for row in batch_ids]
    )
    return list(events.select("event_id", "user_id", "event_time_ms").collect())


def everything(platform: Platform) -> str:
    """All rows of all tables of the warehouse, as text, payloads decoded."""
    tables = platform.rows(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'warehouse'"
    )
    texts = []
    for (table,) in tables:
        for row in platform.rows(f"SELECT * FROM warehouse.{table}"):
            texts += [value.decode("latin-1") if isinstance(value, bytes) else str(value) for value in row]
    return "\n".join(texts)


def without(oracle: Oracle, keep: Callable[[dict[str, Any]], bool]) -> Oracle:
    return Oracle([entry for entry in oracle.events if keep(entry[1])])


def record(platform: Platform) -> tuple[Any, ...]:
    rows = platform.rows(
        "SELECT kind, status, requested_by, reference, removed FROM warehouse.removals ORDER BY started_at"
    )
    return rows[-1]


def test_a_removal_waits_for_no_run_but_says_which_one_is_going_on(filled: Loaded) -> None:
    with closing(filled.platform.connect()) as running, transaction(running) as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended('tandem:score_risk', 0))")
        with pytest.raises(RemovalError, match="a run of score_risk is going on"):
            erase_user(filled.platform.settings, GONE, REQUEST)


def test_a_removal_that_was_cut_is_recorded_and_made_whole_by_the_next(filled: Loaded) -> None:
    away = SecretStr("mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=200")
    cut = filled.platform.settings.model_copy(update={"mongo_uri": away})
    before = len([row for row in lake_events(filled.platform) if row.user_id == GONE])
    with pytest.raises(SettingsError, match=r"MONGO_URI=127.0.0.1:9/removals: ServerSelectionTimeoutError"):
        erase_user(cut, GONE, REQUEST)
    assert record(filled.platform)[:2] == ("erasure", "failed")
    assert GONE in everything(filled.platform)
    removed = erase_user(filled.platform.settings, GONE, REQUEST)
    assert before > 0
    assert removed["alerts.fraud_alerts"] > 0
    assert record(filled.platform) == ("erasure", "succeeded", "tests", "ticket-7", removed)


def test_nothing_of_an_erased_user_is_left_and_all_of_the_others_is(filled: Loaded) -> None:
    platform, others = filled.platform, without(filled.oracle, lambda event: event["user_id"] != GONE)
    assert GONE not in everything(platform)
    assert {row.event_id for row in lake_events(platform)} == {
        event["event_id"] for _, event in others.events
    }
    with alerts(platform) as collection:
        users = {document["user_id"] for document in collection.find()}
    assert users == {event["user_id"] for event in others.of("transaction")}
    mine = {event["event_id"] for event in filled.oracle.of("transaction") if event["user_id"] == GONE}
    known = {row for row in filled.oracle.known_fraud() if row[0] not in mine}
    assert {row[0] for row in platform.rows(KNOWN_FRAUD)} == {row[0] for row in known}
    assert set(platform.rows(USERS)) == others.users()
    assert platform.rows(UNLIKE_SCORED) == []


def test_messages_of_an_erased_user_that_come_again_stay_out(filled: Loaded) -> None:
    mine = [m for m in filled.messages if json.loads(m.payload or b"")["user_id"] == GONE]
    filled.platform.send([(message.payload, None) for message in mine])
    landed = filled.platform.land()
    assert landed.counts.rows_duplicate == len(mine) > 5
    filled.platform.score()
    assert GONE not in everything(filled.platform)


def test_retention_leaves_what_is_younger_with_the_levels_it_had(filled: Loaded) -> None:
    platform = filled.platform
    newest = max(event["event_time_ms"] for _, event in filled.oracle.events)
    cutoff = cutoff_of(instant(newest), 60)
    cutoff_ms = int(cutoff.timestamp() * 1000)
    times = {event["event_id"]: event["event_time_ms"] for event in filled.oracle.of("transaction")}
    young = {row for row in platform.rows(LEVELS) if times[row[0]] >= cutoff_ms}
    removed = remove_before(platform.settings, cutoff, REQUEST)
    assert set(platform.rows(LEVELS)) == young
    assert all(row.event_time_ms >= cutoff_ms for row in lake_events(platform))
    with alerts(platform) as collection:
        assert collection.count_documents({"event_time_ms": {"$lt": cutoff_ms}}) == 0
        assert collection.count_documents({}) > 0
    assert removed["warehouse.processed_transactions"] > 20
    assert removed["warehouse.transaction_scores"] == removed["warehouse.processed_transactions"]
    assert platform.rows(UNLIKE_SCORED) == []
    assert record(platform) == ("retention", "succeeded", "tests", "ticket-7", removed)
    platform.score(recompute=True)
    assert set(platform.rows(LEVELS)) == young


def test_late_and_new_events_are_taken_in_after_retention(filled: Loaded) -> None:
    platform = filled.platform
    late = [dict(event) for event in draw_events(8, 120)]
    for event in late:
        event["event_id"] = f"late-{event['event_id']}"
    platform.send([(json.dumps(event).encode(), None) for event in late])
    platform.land()
    platform.score()
    assert platform.rows(UNLIKE_LEVELS) == []


def test_the_cutoff_is_a_midnight() -> None:
    now = datetime(2026, 3, 10, 17, 30, tzinfo=UTC)
    assert cutoff_of(now, 1) == datetime(2026, 3, 9, tzinfo=UTC)
    assert cutoff_of(now.astimezone(UTC) + timedelta(hours=7), 0) == datetime(2026, 3, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("payload", "found"),
    [
        (b'{"user_id": "u1", ', True),
        ('x"u1"'.encode("utf-16-le"), True),
        (b'{"user_id": "u12"}', False),
        (b"u1", False),
    ],
)
def test_an_id_is_found_in_quotes_in_any_encoding(payload: bytes, found: bool) -> None:
    assert holds_trace(payload, "u1") is found
