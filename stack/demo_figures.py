"""What the demonstration's stream led to, read from the ledger and the stores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from psycopg2.extras import execute_values

from contract.names import ALERTS_COLLECTION, DELIVERIES_TOPIC
from contract.settings import Settings
from ingestion.ledger import read_ledger
from stack.offsets import Offsets, TopicReader
from storage import mongo
from storage.postgres import Cursor, connect, transaction

QUERIES = Path(__file__).with_name("sql")


@dataclass(frozen=True)
class Range:
    """The part of the topics that the demonstration wrote."""

    topic: str
    first: Offsets
    last: Offsets
    deliveries_first: Offsets

    @property
    def messages(self) -> int:
        """How many offsets it covers."""
        return sum(last - self.first.get(number, 0) for number, last in self.last.items())

    def __contains__(self, place: Mapping[str, Any]) -> bool:
        number, offset = int(place["partition"]), int(place["offset"])
        return self.first.get(number, 0) <= offset < self.last.get(number, 0)


@dataclass(frozen=True)
class Sent:
    """What the producer's ledger says was acknowledged."""

    kinds: Counter[str]
    reasons: Counter[str]
    planted: dict[str, set[str]]
    """Scenario -> ids of the alerts that it must cause."""


@dataclass(frozen=True)
class Landed:
    """What the warehouse made of it."""

    accepted: int
    quarantined: Counter[str]
    risk_levels: Counter[tuple[str, str]]
    verdicts: Counter[tuple[str, str | None]]
    append_time_ms: dict[tuple[int, int], int]
    """Of the accepted events that raised an alert, by partition and offset."""


@dataclass(frozen=True)
class Alerts:
    """What the stream raised, and how soon after the broker had the message."""

    rules: dict[str, str]
    """Alert id -> rule."""
    detected_ms: list[int]
    stored_ms: list[int]

    @property
    def by_rule(self) -> Counter[str]:
        """Alerts of each rule."""
        return Counter(self.rules.values())


def read_sent(ledger: Path) -> Sent:
    """Read the ledger."""
    kinds: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    planted: dict[str, set[str]] = {}
    for entry in read_ledger(ledger):
        kinds[entry["kind"]] += 1
        if entry["reason"]:
            reasons[entry["reason"]] += 1
        if entry["scenario"] and entry["kind"] == "good":
            alerts = {f"{rule}:{entry['event_id']}" for rule in entry["expected_alerts"]}
            planted.setdefault(entry["scenario"], set()).update(alerts)
    return Sent(kinds, reasons, planted)


def read_alerts(settings: Settings, written: Range, landed: Landed) -> Alerts:
    """Read the alert store and the topic of deliveries."""
    with mongo.connect(settings) as client:
        found = client[settings.mongo_database][ALERTS_COLLECTION].find(
            {"source.topic": written.topic}, {"rule_id": 1, "source": 1, "detected_at_ms": 1, "status": 1}
        )
        documents = [document for document in found if document["source"] in written]
    stored = dict(_first_deliveries(settings, written))
    raised = [document for document in documents if document["status"] != "missed"]
    timed = [(document, _append_time_ms(document, landed)) for document in raised]
    known = [(document, append) for document, append in timed if append is not None]
    return Alerts(
        rules={document["_id"]: document["rule_id"] for document in documents},
        detected_ms=[document["detected_at_ms"] - append for document, append in known],
        stored_ms=[
            stored[document["_id"]] - append for document, append in known if document["_id"] in stored
        ],
    )


def _append_time_ms(document: Mapping[str, Any], landed: Landed) -> int | None:
    source = document["source"]
    return landed.append_time_ms.get((int(source["partition"]), int(source["offset"])))


def _first_deliveries(settings: Settings, written: Range) -> Iterator[tuple[str, int]]:
    with closing(TopicReader(settings)) as reader:
        ends = reader.ends(DELIVERIES_TOPIC)
        for delivery in reader.messages(DELIVERIES_TOPIC, written.deliveries_first, ends):
            if delivery["outcome"] == "inserted":
                yield delivery["alert_id"], delivery["delivered_at_ms"]


def read_landed(settings: Settings, written: Range) -> Landed:
    """Read the warehouse."""
    with closing(connect(settings.require("postgres_dsn"))) as connection, transaction(connection) as cursor:
        _create_range(cursor, written)
        return Landed(
            accepted=_rows(cursor, "accepted")[0][0],
            quarantined=Counter(dict(_rows(cursor, "quarantined"))),
            risk_levels=Counter({(row[0], row[1]): row[2] for row in _rows(cursor, "risk_levels")}),
            verdicts=Counter({(row[0], row[1]): row[2] for row in _rows(cursor, "verdicts")}),
            append_time_ms={(row[0], row[1]): row[2] for row in _rows(cursor, "append_times")},
        )


def _create_range(cursor: Cursor, written: Range) -> None:
    cursor.execute((QUERIES / "demo_range.sql").read_text())
    rows = [
        (written.topic, number, written.first.get(number, 0), last) for number, last in written.last.items()
    ]
    execute_values(cursor, "INSERT INTO demo_range VALUES %s", rows)


def _rows(cursor: Cursor, query: str) -> list[tuple[Any, ...]]:
    cursor.execute((QUERIES / f"{query}.sql").read_text())
    return cursor.fetchall()


def percentile_ms(latencies: list[int], share: float) -> str:
    """A percentile as text."""
    return f"{np.percentile(latencies, share):,.0f} ms" if latencies else "-"
