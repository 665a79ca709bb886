"""The demonstration: everything from nothing to a summary, on a seeded stream with planted fraud."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from contract.names import DELIVERIES_TOPIC
from contract.settings import Settings
from stack.demo_figures import Range, read_alerts, read_landed, read_sent
from stack.demo_summary import Summary, print_summary
from stack.errors import StackError
from stack.folder import ROOT
from stack.http import send
from stack.jobs import StreamJobs
from stack.offsets import TopicReader
from stack.platform import settings_of, start_platform
from stack.processes import pause
from stack.score import run_score
from stack.up import Stack, Tell

EVENTS = 100_000
SEED = 7
RATE_PER_S = 5_000
MISHAPS = ("--duplicates", "0.005", "--disorder", "0.02", "--late", "0.002", "--broken", "0.002")
STREAM_TIMEOUT_S = 180
TARGETS_TIMEOUT_S = 60


def run_demo(stack: Stack, tell: Tell = print) -> int:
    """Run it, print the summary, and leave the stack up.

    Returns:
        0 when every number adds up, else 1.

    Raises:
        StackError: a step does not get to its end; with the step and the reason.
    """
    began = time.monotonic()
    values = start_platform(stack, tell)
    settings = settings_of(values)
    ledger = stack.folder.root / "demo-ledger.jsonl"
    before = _ends(settings)
    tell(f"producing {EVENTS:,} events, {RATE_PER_S:,} a second, with planted fraud and broken messages")
    targets_up = _produce(values, ledger, stack.ports.get("producer"))
    written = Range(
        topic=settings.kafka_topic,
        first=before[settings.kafka_topic],
        last=_ends(settings)[settings.kafka_topic],
        deliveries_first=before[DELIVERIES_TOPIC],
    )
    tell("waiting until the stream has decided every message and delivered every alert")
    jobs = StreamJobs(stack.folder, values)
    jobs.wait_until_decided(STREAM_TIMEOUT_S)
    jobs.wait_until_delivered(STREAM_TIMEOUT_S)
    tell("landing, scoring and reconciling")
    if status := run_score(values):
        raise StackError(f"the batch run ended with status {status}; its own message is above")
    landed = read_landed(settings, written)
    alerts = read_alerts(settings, written, landed)
    summary = Summary(written, read_sent(ledger), landed, alerts, targets_up, time.monotonic() - began)
    print_summary(summary, values)
    return 1 if summary.contradictions() else 0


def _ends(settings: Settings) -> dict[str, dict[int, int]]:
    with closing(TopicReader(settings)) as reader:
        return {topic: reader.ends(topic) for topic in (settings.kafka_topic, DELIVERIES_TOPIC)}


def _produce(values: Mapping[str, str], ledger: Path, metrics_port: int | None) -> bool | None:
    """Run the producer; tells whether Prometheus saw all its targets up meanwhile, None without one."""
    options = ("--events", str(EVENTS), "--seed", str(SEED), "--rate", str(RATE_PER_S), *MISHAPS)
    metrics = ("--metrics-port", str(metrics_port)) if metrics_port else ()
    command = (sys.executable, "-m", "ingestion", "produce", *options, *metrics, "--ledger", str(ledger))
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, **values}) as producer:
        try:
            targets_up = _see_targets_up(values.get("PROMETHEUS_URL"), producer)
            status = producer.wait()
        except BaseException:
            producer.terminate()
            raise
    if status:
        raise StackError(f"the producer ended with status {status}; its own message is above")
    return targets_up


def _see_targets_up(prometheus: str | None, producer: subprocess.Popen[bytes]) -> bool | None:
    if prometheus is None:
        return None
    deadline = time.monotonic() + TARGETS_TIMEOUT_S
    while producer.poll() is None and time.monotonic() < deadline:
        told = json.loads(send(f"{prometheus.rstrip('/')}/api/v1/targets?state=active"))
        if all(target["health"] == "up" for target in told["data"]["activeTargets"]):
            return True
        pause(0.5)
    return False
