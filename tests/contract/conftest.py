"""The corpus of messages, and what each of the three parsers makes of it."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contract.card_numbers import mask_card_numbers
from contract.parser import parse_message
from stack.folder import ROOT, STREAM_PYTHON
from tests.contract.cases import CASES
from tests.contract.generated import boundary_events, mutated_bytes, mutated_events, written_oddly
from tests.contract.messages import APPEND_TIME_MS, encoded

SEED = 20_240_229
Outcome = dict[str, Any]


@pytest.fixture(scope="session")
def corpus() -> list[bytes | None]:
    """The hand-worked messages first, then thousands of generated ones."""
    return [
        *(case.message for case in CASES),
        *map(encoded, boundary_events()),
        *mutated_bytes(SEED, 4000),
        *(written_oddly(seed, event) for seed, event in enumerate(mutated_events(SEED, 2500))),
    ]


@pytest.fixture(scope="session")
def python_outcomes(corpus: list[bytes | None]) -> list[Outcome]:
    return [_python_outcome(message) for message in corpus]


@pytest.fixture(scope="session")
def engine_outcomes(
    corpus: list[bytes | None], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[Outcome]]:
    """What Flink and Spark make of the corpus, each in a process of its own, at the same time.

    Of Flink also the accepted events that it writes for other tasks.
    """
    folder = tmp_path_factory.mktemp("parity")
    source = folder / "messages.json"
    source.write_text("".join(map(_line, range(len(corpus)), corpus)), encoding="ascii")
    accepted = folder / "accepted"
    waits = {
        "flink": _start(STREAM_PYTHON, "flink_parse", source, folder / "flink", accepted),
        "spark": _start(Path(sys.executable), "spark_parse", source, folder / "spark"),
    }
    outcomes = {engine: wait() for engine, wait in waits.items()}
    return {**outcomes, "flink accepted": _read(accepted)}


def _line(number: int, message: bytes | None) -> str:
    encoded = None if message is None else base64.b64encode(message).decode()
    return json.dumps({"n": number, "message": encoded, "append_time_ms": APPEND_TIME_MS}) + "\n"


def _start(python: Path, module: str, source: Path, target: Path, *more: Path) -> Callable[[], list[Outcome]]:
    log = target.with_suffix(".log")
    with log.open("w") as output:
        process = subprocess.Popen(
            [python, "-m", f"tests.contract.engines.{module}", str(source), str(target), *map(str, more)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )

    def wait() -> list[Outcome]:
        assert process.wait(timeout=500) == 0, log.read_text(errors="replace")[-4000:]
        return _read(target)

    return wait


def _read(folder: Path) -> list[Outcome]:
    files = [file for file in folder.iterdir() if not file.name.startswith((".", "_"))]
    rows = [json.loads(line) for file in files for line in file.read_text("utf-8").split("\n") if line]
    return [_engine_outcome(row) for row in sorted(rows, key=lambda row: int(row["n"]))]


def _engine_outcome(row: dict[str, Any]) -> Outcome:
    present = {name: value for name, value in row.items() if value is not None and name != "n"}
    return {name: _exact(value) for name, value in present.items()}


def _python_outcome(message: bytes | None) -> Outcome:
    event = parse_message(message, APPEND_TIME_MS)
    outcome: Outcome = {
        "event_id": event.event_id,
        "reason": event.reason,
        "detail": event.detail,
        **event.values,
    }
    outcome["content_hash"] = event.content_hash and base64.b64encode(event.content_hash).decode()
    outcome["masked"] = None if message is None else base64.b64encode(mask_card_numbers(message)).decode()
    return {name: _exact(value) for name, value in outcome.items() if value is not None}


def _exact(value: Any) -> Any:
    """Doubles by their bits, and true apart from 1."""
    if isinstance(value, float):
        return value.hex()
    return ("bool", value) if isinstance(value, bool) else value
