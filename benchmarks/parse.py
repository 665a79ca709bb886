"""Messages per second of processor time of the two parsers: ``python -m benchmarks.parse``.

Prints the JVM's strict parser, Jackson only reading the tokens of the same
messages (no checks), the Python contract and the producer's validation.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from contract.parser import parse_message, validate_event

JARS = Path(__file__).parent.parent / ".tools" / "jars"
SOURCE = Path(__file__).with_name("ParseSpeed.java")
SECONDS = 3.0
LATER_MS = 2**63


def transactions(count: int) -> list[dict[str, Any]]:
    """Transactions of 227 bytes on average, all different."""
    return [
        {
            "event_id": f"t-{number:012d}",
            "event_type": "transaction",
            "event_time_ms": 1_700_000_000_000 + number * 37,
            "user_id": f"user-{number * 7919 % 100_000:06d}",
            "amount_cents": number * 104_729 % 1_000_000,
            "card_id": f"card-{number * 7907 % 120_000:06d}",
            "merchant_id": f"merchant-{number % 3000:04d}",
            "merchant_category": "groceries",
            "channel": ("pos", "ecommerce", "atm")[number % 3],
            "country": "DE",
            "city": "Berlin",
        }
        for number in range(count)
    ]


def main() -> None:
    events = transactions(1000)
    messages = [json.dumps(event, separators=(",", ":")).encode() for event in events]
    strict, tokens = _java(messages)
    python = _rate(lambda: [parse_message(message, LATER_MS) for message in messages], len(messages))
    validation = _rate(lambda: [validate_event(event) for event in events], len(events))
    print(f"messages of {sum(map(len, messages)) / len(messages):.0f} bytes, a second of one core")
    print(f"strict parser, JVM       {strict:>12,.0f}/s  {1e9 / strict:,.0f} ns each")
    print(
        f"Jackson, tokens only     {tokens:>12,.0f}/s  strict parser is {strict / tokens:.1f} times as fast"
    )
    print(f"contract in Python       {python:>12,.0f}/s  JVM is {strict / python:.0f} times as fast")
    print(f"validation of a producer {validation:>12,.0f}/s")


def _java(messages: list[bytes]) -> tuple[float, float]:
    jackson = next((JARS / "kafka").glob("jackson-core-*.jar"))
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as file:
        file.write(b"\n".join(messages))
        file.flush()
        command = [shutil.which("java") or "java", "-cp", f"{JARS / 'tandem' / 'tandem.jar'}:{jackson}"]
        output = subprocess.run(
            [*command, str(SOURCE), file.name, str(SECONDS)], check=True, capture_output=True, text=True
        ).stdout
    strict, tokens = map(float, output.split())
    return strict, tokens


def _rate(parse_all: Callable[[], object], count: int) -> float:
    began = time.process_time()
    rounds = 0
    while time.process_time() - began < SECONDS:
        parse_all()
        rounds += 1
    return rounds * count / (time.process_time() - began)


if __name__ == "__main__":
    main()
