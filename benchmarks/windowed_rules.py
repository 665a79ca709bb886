"""The job detect_fraud with rules of windows, on a stack of its own: events a second, and their cost.

Usage: .venv/bin/python -m benchmarks.windowed_rules [--events N] [--case NAME ...] [--profile FOLDER]
       [--rate N]

One line of JSON a case: events a second from the first fifth of the topic to its end (start-up and the
first compilation by the JVM are not in it), and microseconds of processor time an event, of Flink's task
manager and of the broker, which a busy machine changes less. The limits are measured on the same topic:
two processes that consume and parse, with nothing kept. With a rate, events are sent at that rate and the
line says how long an alert takes, from the broker's stamp of the event to its stamp of the alert.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Annotated

import orjson
import typer

from benchmarks.windowed_events import (
    DENSE_CARDS,
    STEP_MS,
    begin_anew,
    consumed,
    messages,
    produce,
    send_paced,
)
from contract.names import ALERTS_TOPIC
from contract.settings import Settings
from stack.environment import read_env
from stack.folder import stack_folder
from stack.java import find_java
from stack.jobs import DETECT, StreamJobs
from stack.platform import settings_of
from stack.processes import running
from stack.up import Stack
from storage.topics import create_topics

METRIC = "flink_taskmanager_job_task_"
TIMED_FROM = 0.2
STALLED_S = 40.0
RUNNING_S = 120
PACED_S = 110
WARM_UP_S = 60
SETTLE_S = 3.0
ASK_S = 2.0

AMOUNT = "SUM(amount_cents)"
COUNT_OF_HOUR = {"card_count_1h": "COUNT(*) BY card_id OVER 1 HOUR"}


def three(key: str) -> dict[str, str]:
    """Features of three windows on one key."""
    name = key.removesuffix("_id")
    return {
        f"{name}_count_10m": f"COUNT(*) BY {key} OVER 10 MINUTES",
        f"{name}_sum_1h": f"{AMOUNT} BY {key} OVER 1 HOUR",
        f"{name}_sum_24h": f"{AMOUNT} BY {key} OVER 24 HOURS",
    }


def rows(count: int) -> dict[str, str]:
    """A window that holds so many rows of one of the dense cards."""
    return {"card_sum": f"{AMOUNT} BY card_id OVER {count * DENSE_CARDS * STEP_MS // 1000} SECONDS"}


CASES: dict[str, tuple[str, dict[str, str]]] = {
    "stateless": ("even", {}),
    "one window": ("even", COUNT_OF_HOUR),
    "three windows on one key": ("even", three("card_id")),
    "ten windows on three keys": (
        "even",
        {
            **three("user_id"),
            **three("card_id"),
            "card_count_24h": "COUNT(*) BY card_id OVER 24 HOURS",
            **three("device_id"),
        },
    ),
    "one window, 20% of the events on one card": (
        "hot",
        {"card_count_1h": "COUNT(*) BY card_id OVER 1 HOUR"},
    ),
    **{f"one window of {count:,} rows": ("dense", rows(count)) for count in (10, 100, 1_000, 10_000)},
}


def main(
    events: int = 1_500_000,
    case: Annotated[list[str] | None, typer.Option()] = None,
    profile: Path | None = None,
    limit: bool = True,
    rate: int = 0,
) -> None:
    """Run the cases, each on a fresh cluster, over topics that are made once."""
    chosen = case or list(CASES)
    with tempfile.TemporaryDirectory(prefix="tandem-bench-", ignore_cleanup_errors=True) as folder:
        stack = Stack(stack_folder(Path(folder) / "stack"))
        try:
            stack.up(("kafka", "mongo"), _silent)
            if rate:
                for name in chosen:
                    _print({"case": name, "rate": rate, **latency(stack, name, rate)})
                return
            for kind in dict.fromkeys(CASES[name][0] for name in chosen):
                settings = _settings(stack, kind)
                create_topics(settings)
                produce(settings, kind, events)
                if limit:
                    _print({"case": f"limit: consume and parse, {kind}", "events_per_s": consumed(settings)})
                for name in chosen:
                    if CASES[name][0] == kind:
                        _print({"case": name, **measured(stack, settings, name, events, profile)})
        finally:
            stack.down()


def _silent(_: str) -> None:
    """Say nothing of engines that start and stop."""


def _print(line: dict[str, object]) -> None:
    print(json.dumps(line), flush=True)


def _settings(stack: Stack, kind: str) -> Settings:
    return settings_of({**read_env(stack.folder.env), "KAFKA_TOPIC": f"events_{kind}"})


def latency(stack: Stack, case: str, rate: int) -> dict[str, object]:
    """Send events at a rate; milliseconds from the broker's stamp of an event to its stamp of the alert."""
    settings = _settings(stack, f"{CASES[case][0]}_paced_{time.time_ns()}")
    begin_anew(settings)
    with _running(stack, settings, CASES[case][1]):
        send_paced(settings, CASES[case][0], rate, PACED_S)
        time.sleep(SETTLE_S)
    raised = {
        (alert["source"]["partition"], alert["source"]["offset"]): stamp_ms
        for value, _, _, stamp_ms in messages(settings, ALERTS_TOPIC)
        if (alert := orjson.loads(value))["source"]["topic"] == settings.kafka_topic
    }
    sent = {
        (place[0], place[1]): stamp_ms for _, *place, stamp_ms in messages(settings, settings.kafka_topic)
    }
    first_ms = min(sent.values()) + 1000 * WARM_UP_S
    waits = [stamp_ms - sent[place] for place, stamp_ms in raised.items() if sent[place] >= first_ms]
    return {"p50_ms": median(waits), "p99_ms": quantiles(waits, n=100)[98], "alerts": len(waits)}


@dataclass(frozen=True)
class Mark:
    """How far a job was at a time, and what it had cost until then."""

    time_s: float
    events: float
    flink_s: float
    broker_s: float


def measured(
    stack: Stack, settings: Settings, case: str, events: int, profile: Path | None
) -> dict[str, object]:
    """Run one case from the start of its topic to the end."""
    begin_anew(settings)
    with _running(stack, settings, CASES[case][1]) as task:
        first = _mark_at(stack, task, TIMED_FROM * events)
        if profile:
            _record(stack, profile / f"{case.replace(' ', '-')}.jfr")
        last = _mark_at(stack, task, events)
    count = last.events - first.events
    return {
        "events_per_s": round(count / (last.time_s - first.time_s)),
        "flink_us_per_event": round(1e6 * (last.flink_s - first.flink_s) / count, 2),
        "broker_us_per_event": round(1e6 * (last.broker_s - first.broker_s) / count, 2),
    }


@contextmanager
def _running(stack: Stack, settings: Settings, features: dict[str, str]) -> Iterator[str]:
    """Run the job with one rule in its catalog; the metric that counts what went through it."""
    keys = [text.partition(" BY ")[2].partition(" ")[0] for text in features.values()]
    with tempfile.TemporaryDirectory(prefix="tandem-bench-") as folder:
        stack.up(("flink",), _silent)
        values = {
            **read_env(stack.folder.env),
            "RULE_CATALOG": str(_catalog(Path(folder), features)),
            "KAFKA_TOPIC": settings.kafka_topic,
            "CHECKPOINT_URI": f"file://{folder}/checkpoints",
        }
        started = StreamJobs(stack.folder, values)
        started.submit(DETECT)
        started.rest.wait_until_running(DETECT, RUNNING_S)
        try:
            last = max(keys, key=["user_id", "card_id", "device_id"].index, default="")
            yield f"features_by_{last}" if last else ""
        finally:
            stack.down(("flink",), tell=_silent)


def _catalog(folder: Path, features: dict[str, str]) -> Path:
    lines = ["id: measured", f"version: {time.time_ns() // 10**9 % 10**9}", "on: transaction"]
    if features:
        lines += ["features:", *(f"  {name}: {text}" for name, text in features.items())]
    never = " AND ".join([*(f"{name} > 900000000000" for name in features), "amount_cents > 100001"])
    lines += [f"when: merchant_id = 'merchant-0' OR {never}", "severity: low", "message: measured", ""]
    (folder / "measured.yaml").write_text("\n".join(lines))
    return folder


def _mark_at(stack: Stack, task: str, events: float) -> Mark:
    """Wait until so many events are through."""
    seen, since = 0.0, time.monotonic()
    while True:
        mark = Mark(
            time.monotonic(),
            _through(stack, task),
            _cpu_s(stack, "flink-taskmanager"),
            _cpu_s(stack, "kafka"),
        )
        if mark.events >= events:
            return mark
        if mark.events > seen:
            seen, since = mark.events, mark.time_s
        if mark.time_s - since > STALLED_S:
            raise TimeoutError(f"nothing went on for {STALLED_S} s behind {seen} events")
        time.sleep(ASK_S)


def _through(stack: Stack, task: str) -> float:
    address = f"http://127.0.0.1:{stack.ports['flink_taskmanager_metrics']}/metrics"
    with urllib.request.urlopen(address, timeout=30) as answer:
        lines = answer.read().decode().splitlines()
    wanted = f"{METRIC}numRecordsIn{{" if task else f"{METRIC}operator_events_accepted{{"
    return sum(
        float(line.rpartition(" ")[2])
        for line in lines
        if line.startswith(wanted) and (not task or f'task_name="{task}' in line)
    )


def _cpu_s(stack: Stack, process: str) -> float:
    """Processor time of a process so far (Linux)."""
    found = running(stack.folder, process)
    if found is None:
        raise RuntimeError(f"{process} does not run")
    stat = Path(f"/proc/{found.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


def _record(stack: Stack, file: Path) -> None:
    """Let the JVM record itself until it ends."""
    found = running(stack.folder, "flink-taskmanager")
    assert found is not None
    file.parent.mkdir(parents=True, exist_ok=True)
    jcmd = Path(find_java()).resolve().with_name("jcmd")
    options = f"JFR.start settings=default duration=30s filename={file.resolve()}"
    subprocess.run([jcmd, str(found.pid), *options.split()], check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    typer.run(main)
