"""Alerts of one user, or old ones, taken out of the alert store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from pymongo.database import Database
from pymongo.errors import PyMongoError

from contract.names import UNDELIVERED_COLLECTION
from contract.settings import Settings, SettingsError
from storage.mongo import Document, connect, describe
from storage.traces import holds_trace

Removed = dict[str, int]


def erase_alerts(settings: Settings, user_id: str) -> Removed:
    """Delete a user's documents in every collection, and messages that were no alerts but name the user.

    Returns: collection to number of documents.

    Raises:
        SettingsError: the store does not answer or refuses.
    """
    with _database(settings) as database:
        removed = _delete(database, {"$or": [{"user_id": user_id}, {"event.user_id": user_id}]})
        refused = database[UNDELIVERED_COLLECTION]
        marked = [
            document["_id"]
            for document in refused.find()
            if any(holds_trace(bytes(v), user_id) for v in document.values() if isinstance(v, bytes))
        ]
        if marked:
            removed[UNDELIVERED_COLLECTION] = refused.delete_many({"_id": {"$in": marked}}).deleted_count
        return removed


def drop_alerts_before(settings: Settings, cutoff: datetime) -> Removed:
    """Delete alerts on events before a time, and messages that were refused before it.

    Raises:
        SettingsError: the store does not answer or refuses.
    """
    cutoff_ms = int(cutoff.timestamp() * 1000)
    old: Document = {"$or": [{"event_time_ms": {"$lt": cutoff_ms}}, {"refused_at_ms": {"$lt": cutoff_ms}}]}
    with _database(settings) as database:
        return _delete(database, old)


@contextmanager
def _database(settings: Settings) -> Iterator[Database[Document]]:
    try:
        with connect(settings) as client:
            yield client[settings.mongo_database]
    except PyMongoError as error:
        raise SettingsError(
            f"MONGO_URI={describe(settings)}: {type(error).__name__}: expected a MongoDB that answers "
            "and lets its user delete"
        ) from None


def _delete(database: Database[Document], condition: Document) -> Removed:
    counts = {
        name: database[name].delete_many(condition).deleted_count
        for name in sorted(database.list_collection_names())
        if not name.startswith("system.")
    }
    return {name: count for name, count in counts.items() if count}
