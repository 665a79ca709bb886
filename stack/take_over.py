"""What a run of detect_fraud starts from that takes the place of another, kept until it has done so."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from contract.names import DETECT_GROUP, STREAM_RUNS_TOPIC
from contract.settings import Settings
from stack.folder import StackFolder
from stack.offsets import Offsets, TopicReader
from storage.postgres import connect_batch, transaction

_LANDED_SQL = """
SELECT end_offsets FROM warehouse.batch_runs
WHERE job = 'land_events' AND status = 'succeeded' AND source = %s ORDER BY run_number DESC LIMIT 1
"""


@dataclass(frozen=True)
class TakeOver:
    """A checkpoint with the windows of ``states``, and from where on the topic follows it.

    Events from ``read_from`` on enter the windows, those from ``emit_from`` on raise alerts: the run before
    has committed that it raised those before them. None: where the checkpoint's own run had come to.
    """

    checkpoint: str
    states: tuple[str, ...]
    read_from: Offsets | None = None
    emit_from: Offsets | None = None

    @property
    def arguments(self) -> list[str]:
        """The options of the job."""
        offsets = {"--read-from": self.read_from, "--emit-from": self.emit_from}
        return [part for name, value in offsets.items() if value for part in (name, json.dumps(value))]


def keep_take_over(folder: StackFolder, given: TakeOver) -> None:
    """Remember it over the end of this process: what is said of rules from now on needs it."""
    _path(folder).write_text(json.dumps(asdict(given)))


def kept_take_over(folder: StackFolder) -> TakeOver | None:
    """The one that was begun and has not come to its end."""
    path = _path(folder)
    if not path.exists():
        return None
    told = json.loads(path.read_text())
    read_from, emit_from = (_offsets(told[name]) for name in ("read_from", "emit_from"))
    return TakeOver(told["checkpoint"], tuple(told["states"]), read_from, emit_from)


def forget_take_over(folder: StackFolder) -> None:
    """It has come to its end."""
    _path(folder).unlink(missing_ok=True)


def committed_offsets(settings: Settings) -> Offsets:
    """Partition -> first offset whose alerts are not known to be raised; every partition has one."""
    with closing(TopicReader(settings, DETECT_GROUP)) as reader:
        return reader.committed(settings.kafka_topic)


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
    return _offsets(found[0] if found else {}) or {}


def recorded_states(settings: Settings) -> tuple[str, ...]:
    """The states of the keyed steps that the newest record of a run names."""
    with closing(TopicReader(settings)) as reader:
        newest: dict[str, Any] = {}
        for run in reader.messages(STREAM_RUNS_TOPIC, {}, reader.ends(STREAM_RUNS_TOPIC)):
            if run["started_at_ms"] >= newest.get("started_at_ms", 0):
                newest = run
    return tuple(str(step["state"]) for step in newest.get("feature_steps", ()))


def _offsets(told: Mapping[str, Any] | None) -> Offsets | None:
    return None if told is None else {int(partition): int(offset) for partition, offset in told.items()}


def _path(folder: StackFolder) -> Path:
    return folder.root / "run" / "take_over.json"
