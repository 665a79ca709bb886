"""A stream on a stack of its own with rules that go live while events come in."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any
from unittest import mock

import orjson

from cli.application import main
from contract.names import FACTS_TOPIC
from stack.environment import read_env
from stack.flink_rest import FlinkRest
from stack.folder import ROOT
from tests.stream.stream import Document, Place, Stream

DAY_MS = 86_400_000
WINDOW_MS = 30 * DAY_MS
MERCHANT = "m-1"
CARDS = 4
"""Card ``c-N`` is used on partition N while the rules go live, and was used on any before."""
WINDOWED = """
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
STRICTER = """
id: risky_application
version: 2
on: application
when: loan_amount_cents > 1500000 AND credit_score < 420
severity: high
message: Very risky
"""


@dataclass
class Live:
    """The stream before and after the rules went live."""

    stream: Stream
    told: str = ""
    runs: list[str] = field(default_factory=list)
    sent: list[tuple[Document, Place]] = field(default_factory=list)
    """Every event with its partition and offset, in the order of sending."""

    def tandem(self, *arguments: str, status: int = 0) -> str:
        """Run a command; what it says."""
        folder = self.stream.stack.folder
        values = {**read_env(folder.env), "TANDEM_STACK_DIR": str(folder.root)}
        said = StringIO()
        with (
            mock.patch.dict(os.environ, values),
            mock.patch.object(sys, "argv", ["tandem", *arguments]),
            redirect_stdout(said),
            redirect_stderr(said),
        ):
            try:
                main()
                ended: Any = 0
            except SystemExit as end:
                ended = end.code or 0
        assert ended == status, said.getvalue()
        return said.getvalue()

    def land(self) -> None:
        """Land what is on the topic."""
        values = read_env(self.stream.stack.folder.env)
        command = [str(Path(sys.executable).parent / "spark-submit"), "spark_jobs/land_events.py"]
        done = subprocess.run(
            command, env={**os.environ, **values}, cwd=ROOT, capture_output=True, timeout=280, check=False
        )
        assert done.returncode == 0, done.stderr[-3000:]

    def send(self, event: Document, partition: int) -> None:
        """Append an event; remember where it lies."""
        (place,) = self.stream.send_events([event], partition=partition)
        self.sent.append((event, place))

    def use_card(self, name: str, card: int = 0, before_ms: int = 0, partition: int | None = None) -> str:
        """Send a transaction of the card; the id of the alert that it may raise."""
        event = {
            "event_id": name,
            "event_type": "transaction",
            "event_time_ms": time.time_ns() // 1_000_000 - before_ms,
            "user_id": f"user-of-c-{card}",
            "amount_cents": 100,
            "card_id": f"c-{card}",
            "merchant_id": MERCHANT,
        }
        self.send(event, card if partition is None else partition)
        return f"card_month:{name}"

    def apply(self, name: str, credit_score: int, partition: int = 0) -> str:
        """Send an application for a large loan; the id of the alert that it may raise."""
        event = {
            "event_id": name,
            "event_type": "application",
            "event_time_ms": time.time_ns() // 1_000_000,
            "user_id": f"user-of-{name}",
            "credit_score": credit_score,
            "loan_amount_cents": 2_000_000,
        }
        self.send(event, partition)
        return f"risky_application:{name}"

    def wait_until_decided(self) -> None:
        """Wait until the stream has decided all that is on the topic now."""
        self.stream.jobs.wait_until_decided(60)

    def run_id(self) -> str:
        """The run of detect_fraud, which is the only one."""
        rest = FlinkRest(read_env(self.stream.stack.folder.env)["FLINK_REST_URL"])
        (run,) = rest.alive_runs("detect_fraud")
        return run

    def in_force_from_ms(self, rule_id: str, version: int) -> int:
        """The event time from which the topic of facts says that a version holds."""
        facts = [orjson.loads(value) for value in self.stream.read(FACTS_TOPIC) if value]
        (fact,) = (
            fact
            for fact in facts
            if fact["kind"] == "rule" and (fact["rule_id"], fact["version"]) == (rule_id, version)
        )
        return int(fact["from_event_time_ms"])

    def expected_alerts(self) -> dict[str, Mapping[str, Any]]:
        """Alert id -> what the alert must say, by the events as they were sent and the facts."""
        stricter_ms = self.in_force_from_ms("risky_application", 2)
        windowed_ms = self.in_force_from_ms("card_month", 1)
        expected: dict[str, Mapping[str, Any]] = {}
        for place, (event, _) in enumerate(self.sent):
            time_ms = event["event_time_ms"]
            if event["event_type"] == "application":
                version = 2 if time_ms >= stricter_ms else 1
                if event["credit_score"] < (420 if version == 2 else 450):
                    name = f"risky_application:{event['event_id']}"
                    expected[name] = {"rule_version": version}
            elif time_ms >= windowed_ms:
                uses = sum(
                    other.get("card_id") == event["card_id"]
                    and time_ms - WINDOW_MS <= other["event_time_ms"] <= time_ms
                    for other, _ in self.sent[: place + 1]
                )
                if uses > 4:
                    expected[f"card_month:{event['event_id']}"] = {"rule_version": 1, "uses": uses}
        return expected


@contextmanager
def steady_events(live: Live) -> Iterator[None]:
    """Use a card and apply for a loan ten times a second."""
    stop = threading.Event()

    def send() -> None:
        number = 0
        while not stop.wait(0.1):
            live.use_card(f"steady-use-{number}", number % CARDS)
            live.apply(f"steady-{number}", (400, 430, 600)[number % 3], number % CARDS)
            number += 1

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
        time.sleep(2)
    finally:
        stop.set()
        thread.join()
