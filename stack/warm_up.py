"""Filling the windows of a stream from the lake, before it takes over."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from confluent_kafka.admin import AdminClient, NewTopic

from contract.names import WARM_UP_GROUP
from contract.settings import Settings
from stack.errors import StackError
from stack.folder import ROOT, StackFolder
from stack.offsets import Offsets, TopicReader, wait_until_consumed
from stack.up import Tell

TOPIC_PREFIX = "warm_up_"
TOPIC_ANSWER_S = 20.0
EVENTS_PER_S_MIN = 5_000
WAIT_S_MIN = 120.0


def fill_topic(folder: StackFolder, values: Mapping[str, str], topic: str, read_from: Offsets) -> None:
    """Put the landed events onto a topic with Spark.

    Raises:
        StackError: it did not succeed; with its last line and its log.
    """
    submit = str(Path(sys.executable).parent / "spark-submit")
    before = json.dumps({str(partition): offset for partition, offset in read_from.items()})
    arguments = (str(ROOT / "spark_jobs" / "warm_up.py"), "--topic", topic, "--before", before)
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
    made = client.create_topics([NewTopic(name, partitions, replicas)], operation_timeout=TOPIC_ANSWER_S)
    made[name].result(TOPIC_ANSWER_S)
    try:
        yield name
    finally:
        client.delete_topics([name], operation_timeout=TOPIC_ANSWER_S)[name].result(TOPIC_ANSWER_S)


def wait_until_taken_in(settings: Settings, topic: str, tell: Tell, began: float) -> None:
    """Wait until a checkpoint of the job warm_up_features holds all that is on the topic."""
    reader = TopicReader(settings, WARM_UP_GROUP)
    try:
        count = sum(reader.ends(topic).values())
    finally:
        reader.close()
    wait_until_consumed(settings, WARM_UP_GROUP, topic, max(WAIT_S_MIN, count / EVENTS_PER_S_MIN))
    seconds = time.monotonic() - began
    tell(
        f"windows are filled from {count:,} landed events in {seconds:.0f} s: {count / seconds:,.0f} a second"
    )
