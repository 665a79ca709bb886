"""Tandem's own side: the job detect_fraud as it is, with one rule in its catalog."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from benchmarks.peers.flink_job import FlinkJob, start_job
from benchmarks.peers.rule_text import RULE_ID, rule_text
from benchmarks.peers.topics import Topics
from benchmarks.peers.work import Work
from contract.names import ALERTS_TOPIC, DETECT_GROUP, FACTS_TOPIC
from contract.settings import Settings
from stack.folder import ROOT
from stack.up import Stack
from storage.mongo import prepare
from storage.topics import create_topics

JOB = "detect_fraud"
ALERTS_PARTITIONS = 2


def catalog_with_rule(folder: Path, work: Work, thresholds: Mapping[str, int]) -> Path:
    """A catalog that holds the work's rule alone."""
    catalog = folder / "catalog"
    catalog.mkdir()
    (catalog / f"{RULE_ID}.yaml").write_text(rule_text(work, thresholds))
    return catalog


def start_tandem(stack: Stack, settings: Settings, catalog: Path, topic: str) -> FlinkJob:
    """Run detect_fraud over a topic from its start, with checkpoints every few seconds as ever.

    Raises:
        StackError: the job does not get to run.
    """
    topics = Topics(settings)
    events_settings = settings.model_copy(update={"kafka_topic": topic})
    _begin_anew(topics)
    create_topics(events_settings)
    prepare(events_settings)
    topics.forget_group(DETECT_GROUP)
    environment = {
        "KAFKA_TOPIC": topic,
        "RULE_CATALOG": str(catalog),
        "CHECKPOINT_URI": f"file://{catalog.parent}/checkpoints",
    }
    script = ROOT / "flink_jobs" / f"{JOB}.py"
    return start_job(stack, JOB, script, environment, catalog.parent / "log-0.txt")


def _begin_anew(topics: Topics) -> None:
    """Forget the last run's rule; begin with an empty topic of alerts that bears the broker's clock."""
    for topic in (FACTS_TOPIC, ALERTS_TOPIC):
        if topics.exists(topic):
            topics.delete(topic)
    topics.create(ALERTS_TOPIC, ALERTS_PARTITIONS)
