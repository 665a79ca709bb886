"""Delivery into the alert store, without Flink: what is inserted, what is present, what is refused."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic
from pymongo.database import Database
from pymongo.errors import ServerSelectionTimeoutError

from contract.settings import Settings
from flink_jobs.alert_messages import Message, Refusal, read_alert
from flink_jobs.delivery import AlertStore
from flink_jobs.redelivery import messages_since
from storage.mongo import connect, prepare

NOW_MS = 1_760_000_000_000


def alert(event_id: str = "e-1", **changes: Any) -> dict[str, Any]:
    return {
        "_id": f"a_rule:{event_id}",
        "rule_id": "a_rule",
        "rule_version": 1,
        "severity": "low",
        "message": "text",
        "event_id": event_id,
        "event_type": "transaction",
        "user_id": "u",
        "event_time_ms": NOW_MS,
        "detected_at_ms": NOW_MS,
        "evidence": {},
        "event": {},
        "source": {"topic": "t", "partition": 0, "offset": 0},
        "seen": {},
        "status": "provisional",
        **changes,
    }


def message(value: bytes | dict[str, Any] | None, offset: int = 0) -> Message:
    return Message(orjson.dumps(value) if isinstance(value, dict) else value, "alerts", 0, offset)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "expected a JSON object in UTF-8"),
        (b"\xff", "expected a JSON object in UTF-8"),
        (b"[]", "expected a JSON object"),
        (orjson.dumps(alert(rule_version=True)), "expected rule_version of type int"),
        (orjson.dumps(alert(evidence=[])), "expected evidence of type dict"),
        (orjson.dumps(alert(_id="other:e-1")), "expected _id to be rule_id:event_id"),
    ],
)
def test_what_is_no_alert_is_refused_with_what_was_expected(value: bytes | None, expected: str) -> None:
    assert read_alert(value) == Refusal(expected)


@pytest.fixture
def database(mongo: str, settings: Callable[..., Settings]) -> Iterator[Database[dict[str, Any]]]:
    given = settings(mongo_database=f"delivery_{time.time_ns()}")
    prepare(given)
    with connect(given) as client:
        yield client[given.mongo_database]
        client.drop_database(given.mongo_database)


@pytest.fixture
def store(database: Database[dict[str, Any]]) -> AlertStore:
    return AlertStore(database["fraud_alerts"], database["undelivered_alerts"], lambda: NOW_MS + 5)


@pytest.mark.engines
def test_the_first_write_of_an_alert_stands(store: AlertStore, database: Database[dict[str, Any]]) -> None:
    first = store.deliver(
        [message(alert("e-1")), message(alert("e-2")), message(alert("e-1", message="later"))]
    )
    database["fraud_alerts"].update_one({"_id": "a_rule:e-1"}, {"$set": {"status": "confirmed"}})
    again = store.deliver([message(alert("e-1")), message(alert("e-3"))])

    assert [delivery.outcome for delivery in first] == ["inserted", "inserted", "present"]
    assert [delivery.outcome for delivery in again] == ["present", "inserted"]
    kept = database["fraud_alerts"].find_one({"_id": "a_rule:e-1"})
    assert kept == {**alert("e-1"), "status": "confirmed", "status_reason": None, "batch_id": None}
    assert orjson.loads(first[0].as_json()) == {
        "alert_id": "a_rule:e-1",
        "outcome": "inserted",
        "detected_at_ms": NOW_MS,
        "delivered_at_ms": NOW_MS + 5,
        "error": None,
    }


@pytest.mark.engines
def test_garbage_is_kept_with_its_place_and_its_card_numbers_masked(
    store: AlertStore, database: Database[dict[str, Any]]
) -> None:
    huge = alert("e-9", evidence={"x": 2**64 - 1})
    batch = [message(b"4111111111111111", 3), message(alert("e-4"), 4), message(huge, 5), message(None, 6)]

    outcomes = store.deliver(batch)
    store.deliver(batch)

    assert [delivery.outcome for delivery in outcomes] == ["refused", "inserted", "refused", "refused"]
    assert [delivery.alert_id for delivery in outcomes] == [
        "alerts:0:3",
        "a_rule:e-4",
        "a_rule:e-9",
        "alerts:0:6",
    ]
    kept = {row["_id"]: row for row in database["undelivered_alerts"].find()}
    assert set(kept) == {"alerts:0:3", "alerts:0:5", "alerts:0:6"}
    assert kept["alerts:0:3"]["payload"] == b"************1111"
    assert kept["alerts:0:3"]["error"] == "expected a JSON object"
    assert kept["alerts:0:6"]["payload"] is None
    assert database["fraud_alerts"].count_documents({}) == 1


@pytest.mark.engines
def test_a_store_that_does_not_answer_is_an_error_and_not_an_outcome() -> None:
    nowhere = Settings(mongo_uri="mongodb://127.0.0.1:9")
    with connect(nowhere, answer_ms_max=200) as client:
        store = AlertStore(client["x"]["a"], client["x"]["b"], lambda: NOW_MS)
        with pytest.raises(ServerSelectionTimeoutError):
            store.deliver([message(alert())])


@pytest.mark.engines
def test_the_newest_part_of_the_topic_is_read_again_to_find_what_the_store_lost(
    kafka: str, settings: Callable[..., Settings], store: AlertStore
) -> None:
    topic, properties = f"alerts-{time.time_ns()}", settings().librdkafka()
    admin = AdminClient(properties)
    made = admin.create_topics([NewTopic(topic, 2, 1)], operation_timeout=10)
    made[topic].result(10)
    producer = Producer(properties)
    now_ms = time.time_ns() // 1_000_000
    for number, age_ms in enumerate((7_200_000, 0, 0, 0)):
        value = orjson.dumps(alert(f"e-{number}"))
        producer.produce(topic, value, partition=number % 2, timestamp=now_ms - age_ms)
    producer.flush(10)
    store.deliver([message(alert("e-1"))])

    read = [row for batch in messages_since(properties, topic, "g", now_ms - 600_000) for row in batch]
    lost = store.missing(read)

    assert sorted(orjson.loads(row.value or b"")["event_id"] for row in read) == ["e-1", "e-2", "e-3"]
    assert sorted(orjson.loads(row.value or b"")["event_id"] for row in lost) == ["e-2", "e-3"]
    assert list(messages_since(properties, topic, "g", now_ms + 3_600_000)) == []
