"""MongoDB: the client and the indexes of the alert store."""

from __future__ import annotations

from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel, MongoClient
from pymongo.database import Database
from pymongo.errors import InvalidURI, PyMongoError
from pymongo.uri_parser import parse_uri

from contract.names import (
    ALERTS_COLLECTION,
    POLICIES_COLLECTION,
    SHADOW_ALERTS_COLLECTION,
    STREAM_RUNS_COLLECTION,
    UNDELIVERED_COLLECTION,
)
from contract.settings import Settings, SettingsError

Document = dict[str, Any]

ANSWER_MS_MAX = 3000

_ALERT_INDEXES = (
    IndexModel([("status", ASCENDING), ("event_time_ms", DESCENDING)]),
    IndexModel([("user_id", ASCENDING), ("event_time_ms", DESCENDING)]),
    IndexModel([("rule_id", ASCENDING), ("event_time_ms", DESCENDING)]),
    IndexModel([("event_id", ASCENDING)]),
    IndexModel([("source.partition", ASCENDING), ("source.offset", ASCENDING)]),
)
INDEXES: dict[str, tuple[IndexModel, ...]] = {
    ALERTS_COLLECTION: _ALERT_INDEXES,
    SHADOW_ALERTS_COLLECTION: _ALERT_INDEXES,
    POLICIES_COLLECTION: (IndexModel([("kind", ASCENDING), ("from_event_time_ms", DESCENDING)]),),
    STREAM_RUNS_COLLECTION: (IndexModel([("started_at_ms", DESCENDING)]),),
    UNDELIVERED_COLLECTION: (IndexModel([("refused_at_ms", DESCENDING)]),),
}
"""What analysts ask (open alerts, a user's, a rule's, an event's) and what the batch asks (by offset)."""


def connect(
    settings: Settings, answer_ms_max: int = ANSWER_MS_MAX, work_ms_max: int | None = None
) -> MongoClient[Document]:
    """Return a client that gives up soon when the server does not answer; it connects on first use.

    A server that is there may work on one question for ``work_ms_max``, or else ``answer_ms_max``.

    Raises:
        SettingsError: MONGO_URI is unset or malformed.
    """
    uri = settings.require("mongo_uri")
    try:
        return MongoClient(
            uri,
            appname="tandem",
            serverSelectionTimeoutMS=answer_ms_max,
            connectTimeoutMS=answer_ms_max,
            socketTimeoutMS=work_ms_max or answer_ms_max,
        )
    except (InvalidURI, PyMongoError, ValueError):
        raise SettingsError("MONGO_URI is malformed: expected mongodb://user:password@host:port") from None


def prepare(settings: Settings) -> None:
    """Create the indexes; those that exist stay.

    Raises:
        SettingsError: the server does not answer or refuses; the text names it without the password.
    """
    with connect(settings) as client:
        try:
            database: Database[Document] = client[settings.mongo_database]
            for collection, indexes in INDEXES.items():
                database[collection].create_indexes(list(indexes))
        except PyMongoError as error:
            problem = (
                f"MONGO_URI={describe(settings)}: {type(error).__name__}: expected a MongoDB that answers"
            )
            raise SettingsError(f"{problem} and lets its user create indexes") from None


def describe(settings: Settings) -> str:
    """Return where MONGO_URI points: hosts and database, never a user or a password."""
    hosts = parse_uri(settings.require("mongo_uri"), validate=False, warn=False)["nodelist"]
    return f"{','.join(f'{host}:{port}' for host, port in hosts)}/{settings.mongo_database}"
