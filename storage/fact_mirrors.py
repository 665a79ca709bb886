"""Copies of the topic of facts for people: dated policies in MongoDB, rows for ever in the warehouse."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import orjson
from psycopg2.extras import execute_values
from pymongo import ReplaceOne
from pymongo.errors import PyMongoError

from contract.names import POLICIES_COLLECTION
from contract.settings import Settings, SettingsError
from rules.dated_rules import dated_rules
from rules.fact_history import FactHistory, RefusedFact, StoredFact
from rules.facts import ListEntry, ParameterValueSet, RuleMode, RuleText, Statement, UserRiskLevel
from storage import mongo
from storage.postgres import Connection, connect_batch, transaction

MONGO_BATCH = 1000

_INSERT_FACTS = """
INSERT INTO warehouse.rule_facts (fact_id, "offset", kind, subject, from_event_time, until_event_time,
    changed_by, changed_at, comment, document)
VALUES %s ON CONFLICT (fact_id) DO NOTHING
"""
_INSERT_REFUSED = 'INSERT INTO warehouse.refused_facts ("offset", problem) VALUES %s ON CONFLICT DO NOTHING'


def copy_facts(settings: Settings, history: FactHistory) -> None:
    """Bring the copies of the facts up to date in the stores that are set."""
    if settings.postgres_batch_dsn or settings.postgres_dsn:
        with closing(connect_batch(settings, "tandem-facts")) as connection:
            store_facts(connection, history)
    if settings.mongo_uri:
        mirror_policies(settings, history)


def store_facts(connection: Connection, history: FactHistory) -> None:
    """Add to ``warehouse.rule_facts`` and ``warehouse.refused_facts`` what is not there yet."""
    refused: Sequence[RefusedFact] = (*history.refused, *dated_rules(history).refused)
    with transaction(connection) as cursor:
        cursor.execute("SELECT fact_id FROM warehouse.rule_facts")
        held = {fact_id for (fact_id,) in cursor.fetchall()}
        rows = [_row(stored) for stored in _said_by_people(history) if stored.fact.fact_id not in held]
        execute_values(cursor, _INSERT_FACTS, rows)
        execute_values(cursor, _INSERT_REFUSED, [(fact.offset, fact.problem) for fact in refused])


def mirror_policies(settings: Settings, history: FactHistory) -> None:
    """Write each fact as one readable document of ``policies``; ``_id`` is the fact's id.

    Raises:
        SettingsError: MongoDB does not answer or refuses.
    """
    with mongo.connect(settings) as client:
        policies = client[settings.mongo_database][POLICIES_COLLECTION]
        try:
            held = {document["_id"] for document in policies.find({}, {"_id": 1})}
            missing = [
                _policy(stored) for stored in _said_by_people(history) if stored.fact.fact_id not in held
            ]
            for first in range(0, len(missing), MONGO_BATCH):
                some = missing[first : first + MONGO_BATCH]
                policies.bulk_write([ReplaceOne({"_id": row["_id"]}, row, upsert=True) for row in some])
        except PyMongoError as error:
            problem = f"MONGO_URI={mongo.describe(settings)}: {type(error).__name__}"
            raise SettingsError(
                f"{problem}: the facts stand on their topic, the next change copies them"
            ) from None


def _said_by_people(history: FactHistory) -> Iterator[StoredFact]:
    """Leave out risk levels: the batch says them, one an application, and keeps what it said."""
    return (stored for stored in history.stored if not isinstance(stored.fact.statement, UserRiskLevel))


def _policy(stored: StoredFact) -> dict[str, Any]:
    fact = stored.fact
    document = {key: value for key, value in fact.document().items() if key != "fact_id"}
    until_ms = fact.until_event_time_ms
    return {
        "_id": fact.fact_id,
        "offset": stored.offset,
        **document,
        "from_event_time": _time(fact.from_event_time_ms),
        "until_event_time": None if until_ms is None else _time(until_ms),
        "changed_at": _time(fact.changed_at_ms),
    }


def _row(stored: StoredFact) -> tuple[object, ...]:
    fact = stored.fact
    until_ms = fact.until_event_time_ms
    return (
        fact.fact_id,
        stored.offset,
        fact.kind,
        subject_text(stored),
        _time(fact.from_event_time_ms),
        None if until_ms is None else _time(until_ms),
        fact.changed_by,
        _time(fact.changed_at_ms),
        fact.comment,
        orjson.dumps(fact.document()).decode(),
    )


def subject_text(stored: StoredFact) -> str:
    """What a fact is about, as people write it: a rule, ``rule.parameter`` or ``list/value``."""
    kind, *names = stored.fact.subject
    return ("/" if kind == "list_entry" else ".").join(names)


def statement_text(statement: Statement) -> str:
    """Say a statement in words."""
    match statement:
        case RuleText():
            return f"rule {statement.rule_id} is version {statement.version}"
        case RuleMode():
            return f"rule {statement.rule_id} is {statement.mode}"
        case ParameterValueSet():
            return f"{statement.rule_id}.{statement.name} is {statement.value}"
        case ListEntry():
            return f"{statement.value} is {'on' if statement.listed else 'off'} the list {statement.list}"
        case UserRiskLevel():
            return f"the risk level of {statement.user_id} is {statement.level}"


def _time(epoch_ms: int) -> datetime:
    return datetime.fromtimestamp(epoch_ms / 1000, tz=UTC)
