"""A stream on a stack of its own with a rule that goes live while events come in."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contract.names import DETECT_GROUP
from stack.environment import read_env
from stack.flink_rest import FlinkRest
from stack.folder import ROOT
from stack.offsets import wait_until_consumed
from tests.stream.stream import Stream

DAY_MS = 86_400_000
CARD, MERCHANT = "c-1", "m-1"
RULE = """
id: card_month
version: 1
on: transaction
features:
  card_count_30d: COUNT(*) BY card_id OVER 30 DAYS
parameters:
  max_uses: 4 (1..1000)
when: card_count_30d > max_uses AND NOT LISTED(merchant_id, 'trusted')
severity: high
message: "{card_count_30d} uses"
"""


@dataclass
class Live:
    """The stream before and after the rule went live."""

    stream: Stream
    told: str = ""
    runs: list[str] = field(default_factory=list)
    steady: list[str] = field(default_factory=list)
    """Events that fire a rule that was live all the time, sent while the other one went live."""

    def tandem(self, *arguments: str, status: int = 0) -> str:
        """Run a command; what it says."""
        values = read_env(self.stream.stack.folder.env)
        done = subprocess.run(
            [sys.executable, "-m", "cli", *arguments],
            env={**os.environ, **values, "COLUMNS": "200"},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    def land(self) -> None:
        """Land what is on the topic."""
        values = read_env(self.stream.stack.folder.env)
        command = [str(Path(sys.executable).parent / "spark-submit"), "spark_jobs/land_events.py"]
        done = subprocess.run(
            command, env={**os.environ, **values}, cwd=ROOT, capture_output=True, timeout=280, check=False
        )
        assert done.returncode == 0, done.stderr[-3000:]

    def use_card(self, name: str, time_ms: int | None = None, partition: int = 0) -> str:
        """Send a transaction of the card; the id of the alert that it may raise."""
        now_ms = time.time_ns() // 1_000_000
        event = {
            "event_id": name,
            "event_type": "transaction",
            "event_time_ms": now_ms if time_ms is None else time_ms,
            "user_id": f"user-of-{name}",
            "amount_cents": 100,
            "card_id": CARD,
            "merchant_id": MERCHANT,
        }
        self.stream.send_events([event], partition=partition)
        return f"card_month:{name}"

    def wait_until_decided(self) -> None:
        """Wait until the stream has decided all that is on the topic now."""
        settings = self.stream.settings
        wait_until_consumed(settings, DETECT_GROUP, settings.kafka_topic, 60)

    def run_id(self) -> str:
        """The run of detect_fraud."""
        rest = FlinkRest(read_env(self.stream.stack.folder.env)["FLINK_REST_URL"])
        run = rest.latest_run("detect_fraud")
        assert run is not None
        assert run.state == "RUNNING"
        return run.id


@contextmanager
def steady_events(live: Live) -> Iterator[None]:
    """Send an event that fires a live rule four times a second."""
    stop = threading.Event()

    def send() -> None:
        while not stop.wait(0.25):
            event = risky_application(f"steady-{len(live.steady)}")
            live.stream.send_events([event], partition=len(live.steady) % 4)
            live.steady.append(f"risky_application:{event['event_id']}")

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def risky_application(name: str) -> dict[str, Any]:
    """An event that fires the rule risky_application."""
    return {
        "event_id": name,
        "event_type": "application",
        "event_time_ms": time.time_ns() // 1_000_000,
        "user_id": "u",
        "credit_score": 400,
        "loan_amount_cents": 2_000_000,
    }
