"""Filling the windows of a stream from the lake, before it takes over."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Protocol

from confluent_kafka.admin import AdminClient, NewTopic

from contract.names import TOPIC_MESSAGE_BYTES_MAX
from contract.settings import Settings
from rules.dated_rules import dated_rules
from rules.facts import Fact
from rules.feature_plan import FeaturePlan
from stack.checkpoints import newest_complete_checkpoint
from stack.environment import settings_of
from stack.errors import StackError
from stack.flink_rest import CANCEL_TIMEOUT_S, RUNNING_TIMEOUT_S, FlinkRest
from stack.folder import ROOT, StackFolder
from stack.offsets import Offsets, TopicReader
from stack.processes import wait_until
from stack.up import Tell
from storage.facts import read_facts

WARM_UP = "warm_up_features"
TOPIC_PREFIX = "warm_up_"
TOPIC_HOURS = 24
TOPIC_ANSWER_S = 20.0
EVENTS_PER_S_MIN = 5_000
WINDOWS_CHECKPOINT_TIMEOUT_S = 120
WAIT_S_MIN = 120.0


class WarmingJobs(Protocol):
    """The jobs of one stack."""

    @property
    def folder(self) -> StackFolder:
        """Where the stack keeps its logs."""

    @property
    def settings(self) -> Mapping[str, str]:
        """As in the stack's env file."""

    @property
    def rest(self) -> FlinkRest:
        """The cluster's job manager."""

    def submit(self, job: str, resume: Sequence[str] = (), arguments: Sequence[str] = ()) -> None:
        """Submit a job."""

    def checkpoints(self, job: str) -> str:
        """The folder of a job's checkpoints."""


def warmed_up(jobs: WarmingJobs, facts: Sequence[Fact], read_from: Offsets, tell: Tell) -> str:
    """Take the landed events before ``read_from`` into the windows; return the checkpoint that holds them.

    Types of events that no feature's key is in stay out, as in the stream.

    Args:
        jobs: of the stack.
        facts: what is about to be published; the windows of its rules are filled, too.
        read_from: partition -> first offset that is left out.
        tell: how long it took.

    Raises:
        StackError: Spark or Flink does not get to its end.
    """
    settings, began = settings_of(jobs.settings), time.monotonic()
    plan = dated_rules(read_facts(settings).followed_by(facts)).plan
    planned = jobs.folder.root / "run" / "planned_facts.jsonl"
    planned.write_bytes(b"".join(fact.encoded() + b"\n" for fact in facts))
    with (
        topic_of_landed_events(settings, len(read_from)) as topic,
        ThreadPoolExecutor(max_workers=1) as pool,
    ):
        filled = pool.submit(fill_topic, jobs.folder, jobs.settings, topic, read_from, plan)
        try:
            jobs.submit(WARM_UP, arguments=["--topic", topic, "--facts", str(planned)])
            jobs.rest.wait_until_running(WARM_UP, RUNNING_TIMEOUT_S)
            filled.result()
            wait_until_taken_in(jobs, topic, tell, began)
        finally:
            end_warm_ups(jobs)
    checkpoint = newest_complete_checkpoint(jobs.checkpoints(WARM_UP))
    if checkpoint is None:
        raise StackError(f"stream job {WARM_UP} left no checkpoint in {jobs.checkpoints(WARM_UP)}")
    return checkpoint


def end_warm_ups(jobs: WarmingJobs) -> None:
    """Cancel what fills windows, a run that was left behind too: it never ends by itself."""
    for run in jobs.rest.alive_runs(WARM_UP):
        jobs.rest.cancel(WARM_UP, run, CANCEL_TIMEOUT_S)


def fill_topic(
    folder: StackFolder,
    values: Mapping[str, str],
    topic: str,
    read_from: Offsets,
    plan: FeaturePlan,
) -> None:
    """Put what a plan's steps read of the landed events onto a topic with Spark.

    Raises:
        StackError: it did not succeed; with its last line and its log.
    """
    submit = str(Path(sys.executable).parent / "spark-submit")
    before = json.dumps({str(partition): offset for partition, offset in read_from.items()})
    columns = ",".join(field.name for field in plan.fields_with_filters)
    chosen = ("--event-types", ",".join(plan.event_types), "--columns", columns)
    arguments = (str(ROOT / "spark_jobs" / "warm_up.py"), "--topic", topic, "--before", before, *chosen)
    log = folder.log("warm-up")
    with log.open("w") as output:
        done = subprocess.run(
            (submit, *arguments),
            env={**os.environ, **values},
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        lines = log.read_text().strip().splitlines() or ["nothing was said"]
        raise StackError(f"landed events were not put onto {topic}: {lines[-1]} (all of it: {log})")


@contextmanager
def topic_of_landed_events(settings: Settings, partitions: int) -> Iterator[str]:
    """Give a new topic, deleted at the end."""
    client = AdminClient({**settings.librdkafka(), "log_level": 0})
    replicas = min(3, len(client.list_topics(timeout=TOPIC_ANSWER_S).brokers))
    name = f"{TOPIC_PREFIX}{secrets.token_hex(4)}"
    config = {"retention.ms": str(TOPIC_HOURS * 3_600_000), "max.message.bytes": str(TOPIC_MESSAGE_BYTES_MAX)}
    topic = NewTopic(name, partitions, replicas, config=config)
    made = client.create_topics([topic], operation_timeout=TOPIC_ANSWER_S)
    made[name].result(TOPIC_ANSWER_S)
    try:
        yield name
    finally:
        client.delete_topics([name], operation_timeout=TOPIC_ANSWER_S)[name].result(TOPIC_ANSWER_S)


def wait_until_taken_in(jobs: WarmingJobs, topic: str, tell: Tell, began: float) -> None:
    """Wait until a checkpoint of the job warm_up_features holds all that is on the topic.

    Raises:
        StackError: it did not get there in time.
    """
    with closing(TopicReader(settings_of(jobs.settings))) as reader:
        ends = {number: end for number, end in reader.ends(topic).items() if end}
    count = sum(ends.values())
    wait_until(
        lambda: jobs.rest.keeps(WARM_UP, topic, ends, WINDOWS_CHECKPOINT_TIMEOUT_S),
        max(WAIT_S_MIN, count / EVENTS_PER_S_MIN),
        f"stream job {WARM_UP} has not taken in the {count:,} landed events of {topic}",
    )
    seconds = time.monotonic() - began
    tell(
        f"windows are filled from {count:,} landed events in {seconds:.0f} s: {count / seconds:,.0f} a second"
    )
