"""What a running job took in when it was submitted, by which a later start knows whether it still fits."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from rules.dated_rules import dated_rules
from rules.fact_history import FactHistory
from rules.feature_steps import feature_steps
from stack.folder import JARS, ROOT, StackFolder

SOURCES = ("contract", "rules", "flink_jobs", "storage")
SUFFIXES = {".py", ".json", ".yaml", ".sql"}
SETTINGS_PREFIXES = ("KAFKA_", "MONGO_", "CHECKPOINT_URI")


@dataclass(frozen=True)
class Submitted:
    """A run and what it was made from; ``states`` are those of its keyed steps."""

    run: str | None
    fingerprint: str
    states: tuple[str, ...] = ()


def read_submitted(folder: StackFolder, job: str) -> Submitted | None:
    """The run of a job that was submitted last; None where that is not known."""
    path = _path(folder, job)
    if not path.exists():
        return None
    told = json.loads(path.read_text())
    return Submitted(told["run"], told["fingerprint"], tuple(told.get("states", ())))


def keep_submitted(folder: StackFolder, job: str, submitted: Submitted) -> None:
    """Remember it over the end of this process."""
    _path(folder, job).write_text(json.dumps(asdict(submitted)))


def step_states(history: FactHistory) -> tuple[str, ...]:
    """What the keyed steps that the rules of a history need call their states."""
    return tuple(str(step["state"]) for step in feature_steps(dated_rules(history).plan))


def fingerprint(settings: Mapping[str, str], history: FactHistory | None = None) -> str:
    """Of all that a job takes in when it is submitted; ``history`` where rules are compiled into it."""
    digest = hashlib.sha256()
    if history is not None:
        for subject in history.subjects("rule"):
            digest.update("".join(stored.fact.fact_id for stored in history.of(subject)).encode())
    for name in sorted(settings):
        if name.startswith(SETTINGS_PREFIXES):
            digest.update(f"{name}={settings[name]}\n".encode())
    for path in sorted(_taken_in()):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _taken_in() -> Iterable[Path]:
    files = (path for source in SOURCES for path in (ROOT / source).rglob("*"))
    return [*(path for path in files if path.suffix in SUFFIXES), *JARS.glob("tandem/*.jar")]


def _path(folder: StackFolder, job: str) -> Path:
    return folder.root / "run" / f"{job}.json"
