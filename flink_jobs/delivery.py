"""Delivery of alerts into MongoDB: one unordered insert a batch, one outcome an alert.

The first write of an id stands, so a message that comes again changes nothing. What is no alert, or
what the server refuses, is kept in ``undelivered_alerts`` with its place and blocks nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import orjson
from bson import Binary
from bson.errors import BSONError
from pymongo import ReplaceOne
from pymongo.collection import Collection
from pymongo.errors import AutoReconnect, BulkWriteError, DocumentTooLarge

from contract.card_numbers import mask_card_numbers
from flink_jobs.alert_messages import Document, Message, Refusal, read_alert

DUPLICATE_KEY = 11000
NOT_SERVING_WRITES = frozenset({91, 189, 10107, 11600, 11602, 13435, 13436})
PAYLOAD_BYTES_MAX = 64 * 1024
REFUSED_BY_CLIENT = (BSONError, DocumentTooLarge, OverflowError)

PRESENT = "present"


@dataclass(frozen=True)
class Delivery:
    """What became of one message; the id is its place where it is no alert."""

    alert_id: str
    outcome: Literal["inserted", "present", "refused"]
    detected_at_ms: int | None
    delivered_at_ms: int
    error: str | None

    def as_json(self) -> str:
        """Return the text for the topic of deliveries."""
        return orjson.dumps(asdict(self)).decode()


class AlertStore:
    """The collections that delivery writes to."""

    def __init__(
        self, alerts: Collection[Document], undelivered: Collection[Document], clock_ms: Callable[[], int]
    ) -> None:
        self._alerts = alerts
        self._undelivered = undelivered
        self._clock_ms = clock_ms

    def deliver(self, messages: Sequence[Message]) -> list[Delivery]:
        """Insert a batch; the outcomes are in the order of the messages.

        Raises:
            PyMongoError: the server does not answer or serves no writes; trying again repeats nothing.
        """
        read = [read_alert(message.value) for message in messages]
        documents = [document for document in read if isinstance(document, dict)]
        answers = iter(self._insert(documents))
        results = [item if isinstance(item, Refusal) else next(answers) for item in read]
        refused = {
            message: result
            for message, result in zip(messages, results, strict=True)
            if isinstance(result, Refusal)
        }
        if refused:
            self._keep(refused)
        now_ms = self._clock_ms()
        return [_delivery(*row, now_ms) for row in zip(messages, read, results, strict=True)]

    def missing(self, messages: Sequence[Message]) -> list[Message]:
        """Return the alerts among the messages that the store does not hold."""
        by_id = {
            document["_id"]: message
            for message in reversed(messages)
            if isinstance(document := read_alert(message.value), dict)
        }
        held = {found["_id"] for found in self._alerts.find({"_id": {"$in": list(by_id)}}, {"_id": 1})}
        return [message for alert_id, message in by_id.items() if alert_id not in held]

    def _insert(self, documents: list[Document]) -> list[Refusal | str | None]:
        """Return for each document None (inserted), PRESENT or why the server or its driver refuses it."""
        answers: list[Refusal | str | None] = [None] * len(documents)
        if not documents:
            return answers
        try:
            self._alerts.insert_many(documents, ordered=False)
        except BulkWriteError as error:
            for index, answer in _server_answers(error).items():
                answers[index] = answer
        except REFUSED_BY_CLIENT:
            if len(documents) == 1:
                return [Refusal("expected values that BSON can hold")]
            return [self._insert([document])[0] for document in documents]
        return answers

    def _keep(self, refused: dict[Message, Refusal]) -> None:
        now_ms = self._clock_ms()
        kept = [_kept(message, refusal, now_ms) for message, refusal in refused.items()]
        self._undelivered.bulk_write([ReplaceOne({"_id": row["_id"]}, row, upsert=True) for row in kept])


def deliver(stores: Mapping[str, AlertStore], messages: Sequence[Message]) -> list[Delivery]:
    """Deliver each message into the store of its topic; the outcomes are in the order of the messages.

    Raises:
        PyMongoError: the server does not answer or serves no writes; trying again repeats nothing.
    """
    outcomes: dict[Message, Delivery] = {}
    for topic, store in stores.items():
        of_topic = [message for message in messages if message.topic == topic]
        if of_topic:
            outcomes |= zip(of_topic, store.deliver(of_topic), strict=True)
    return [outcomes[message] for message in messages]


def _server_answers(error: BulkWriteError) -> dict[int, Refusal | str]:
    details = error.details
    failures = details.get("writeErrors", [])
    if details.get("writeConcernErrors") or any(row["code"] in NOT_SERVING_WRITES for row in failures):
        raise AutoReconnect("the server did not acknowledge the writes") from error
    return {
        row["index"]: PRESENT if row["code"] == DUPLICATE_KEY else Refusal(f"MongoDB error {row['code']}")
        for row in failures
    }


def _kept(message: Message, refusal: Refusal, now_ms: int) -> Document:
    payload = None if message.value is None else mask_card_numbers(message.value)
    return {
        "_id": message.place,
        "topic": message.topic,
        "partition": message.partition,
        "offset": message.offset,
        "error": refusal.error,
        "payload": None if payload is None else Binary(payload[:PAYLOAD_BYTES_MAX]),
        "refused_at_ms": now_ms,
    }


def _delivery(
    message: Message, read: Document | Refusal, result: Refusal | str | None, now_ms: int
) -> Delivery:
    alert_id = read["_id"] if isinstance(read, dict) else message.place
    detected_at_ms = read["detected_at_ms"] if isinstance(read, dict) else None
    if isinstance(result, Refusal):
        return Delivery(alert_id, "refused", detected_at_ms, now_ms, result.error)
    return Delivery(alert_id, "present" if result == PRESENT else "inserted", detected_at_ms, now_ms, None)
