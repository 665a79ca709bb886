"""What a start of detect_fraud takes over: windows of the run before, or windows filled from the lake."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from contract.names import DETECT_GROUP, STREAM_RUNS_TOPIC
from contract.settings import Settings
from rules.dated_rules import dated_rules
from rules.fact_history import FactHistory
from rules.feature_plan import plan_features
from rules.feature_steps import feature_steps
from stack.offsets import Offsets, TopicReader
from storage.postgres import connect_batch, transaction

_LANDED_SQL = """
SELECT end_offsets FROM warehouse.batch_runs
WHERE job = 'land_events' AND status = 'succeeded' AND source = %s ORDER BY run_number DESC LIMIT 1
"""


@dataclass(frozen=True)
class TakeOver:
    """Landed events before ``read_from`` fill the windows, the topic from there on follows.

    Alerts are raised from ``emit_from`` on: the run before has committed that it raised those before it.
    """

    read_from: Offsets
    emit_from: Offsets

    @property
    def landed_offsets(self) -> int:
        """How many offsets of the topic the lake stands for."""
        return sum(self.read_from.values())


def committed_offsets(settings: Settings) -> Offsets:
    """Partition -> first offset whose alerts are not known to be raised; every partition has one."""
    with closing(TopicReader(settings, DETECT_GROUP)) as reader:
        return reader.committed(settings.kafka_topic)


def take_over(
    settings: Settings, history: FactHistory, committed: Offsets, *, fresh: bool
) -> TakeOver | None:
    """Return what to fill windows from, None where the run before hands over all of them, or none is needed.

    Args:
        settings: of the topic and of the warehouse.
        history: the facts, with the rules that are to run.
        committed: of the run before, asked for before the newest facts were published.
        fresh: there is no checkpoint to start from.
    """
    steps = feature_steps(plan_features(entry.rule for entry in dated_rules(history).compiled))
    held = set() if fresh else _held_states(settings)
    if all(step["state"] in held for step in steps):
        return None
    landed = landed_offsets(settings)
    read_from = {number: min(landed.get(number, 0), offset) for number, offset in committed.items()}
    found = TakeOver(read_from, dict(committed))
    return found if found.landed_offsets else None


def landed_offsets(settings: Settings) -> Offsets:
    """Partition -> the offset after the last one that the lake holds; empty without a landing."""
    if not (settings.postgres_batch_dsn or settings.postgres_dsn):
        return {}
    with (
        closing(connect_batch(settings, "tandem-take-over")) as connection,
        transaction(connection) as cursor,
    ):
        cursor.execute(_LANDED_SQL, (f"kafka:{settings.kafka_topic}",))
        found = cursor.fetchone()
    offsets: Mapping[str, Any] = found[0] if found else {}
    return {int(partition): int(offset) for partition, offset in offsets.items()}


def _held_states(settings: Settings) -> set[str]:
    """The states of the keyed steps that the newest run of the stream recorded."""
    with closing(TopicReader(settings)) as reader:
        newest: dict[str, Any] = {}
        for run in reader.messages(STREAM_RUNS_TOPIC, {}, reader.ends(STREAM_RUNS_TOPIC)):
            if run["started_at_ms"] >= newest.get("started_at_ms", 0):
                newest = run
    return {step["state"] for step in newest.get("feature_steps", [])}
