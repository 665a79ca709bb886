"""Whether stream and batch agree: ``python -m benchmarks.agreement [--events N]``, on stacks of its own.

- *all of it*: disorder, duplicates, conflicts, late and broken events; halfway a rule gets another
  threshold in a new version and the stream jobs are stopped and started again; a batch run there, and
  one at the end. Nothing may be unexplained.
- *none of it*: the same without any of these. Rules that look at one user may not differ at all.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import typer
from confluent_kafka import Consumer, TopicPartition

from contract.names import DETECT_GROUP
from contract.settings import Settings
from rules.catalog import CATALOG, load_catalog, rule_of
from rules.facts import Fact, RuleText
from stack.environment import read_env
from stack.folder import ROOT, stack_folder
from stack.jobs import StreamJobs
from stack.platform import settings_of
from stack.up import Stack
from storage.facts import publish_facts
from storage.mongo import prepare
from storage.postgres import connect, migrate, transaction
from storage.topics import create_topics

ENGINES = ("kafka", "postgres", "mongo", "flink")
MISHAPS = ("duplicates", "conflicts", "disorder", "late", "broken")
CHANGED_RULE = "large_ecommerce_amount"
CAUGHT_UP_S_MAX = 1_800.0
VERDICTS_SQL = """
SELECT rule_id, verdict, coalesce(reason, '-'), count(*) FROM warehouse.alert_reconciliation GROUP BY 1, 2, 3
"""
RUNS_SQL = """
SELECT b.status, r.events_judged, extract(epoch FROM b.finished_at - b.started_at)::float8
FROM warehouse.reconciliation_runs r JOIN warehouse.batch_runs b USING (batch_id) ORDER BY r.run_number
"""
Count = Counter[tuple[str, str, str]]


@dataclass(frozen=True)
class Bench:
    """One stack with running stream jobs."""

    stack: Stack
    jobs: StreamJobs
    values: dict[str, str]
    settings: Settings

    def produce(self, events: int, seed: int, *options: str) -> None:
        """Send generated events with one seed."""
        command = ("-m", "ingestion", "produce", "--quiet", "--events", str(events), "--seed", str(seed))
        self._run(sys.executable, *command, *options)

    def judge(self) -> None:
        """Wait for the stream, then land and reconcile; an unexplained difference is shown, not raised."""
        wait_until_caught_up(self.settings)
        submit = str(Path(sys.executable).with_name("spark-submit"))
        self._run(submit, "spark_jobs/score_risk.py")
        self._run(submit, "spark_jobs/reconcile_alerts.py", check=False)

    def change_a_rule(self, from_ms: int) -> None:
        """Put a new version of a rule, with half its threshold, in force from an event time on."""
        text = (CATALOG / f"{CHANGED_RULE}.yaml").read_text(encoding="utf-8")
        changed = re.sub(r">= (\d+)", lambda found: f">= {int(found[1]) // 2}", text, count=1)
        version = rule_of(text, Path(CHANGED_RULE)).version + 1
        changed = re.sub(r"^version: \d+", f"version: {version}", changed, flags=re.MULTILINE)
        statement = RuleText(CHANGED_RULE, version, changed)
        publish_facts(self.settings, [Fact("benchmark", statement, from_ms, None, "benchmark", from_ms)])

    def restart(self) -> None:
        """Stop the stream jobs and start them from their checkpoints."""
        self.jobs.stop(print)
        self.jobs.start(print)

    def rows(self, statement: str) -> list[tuple[object, ...]]:
        """Query the warehouse."""
        dsn = self.settings.require("postgres_dsn")
        with closing(connect(dsn)) as connection, transaction(connection) as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())

    def _run(self, *command: str, check: bool = True) -> None:
        subprocess.run(command, env={**os.environ, **self.values}, cwd=ROOT, check=check)


@contextmanager
def bench() -> Iterator[Bench]:
    """A stack of its own, with the stream jobs running; gone at the end."""
    with tempfile.TemporaryDirectory(prefix="tandem-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        stack = Stack(stack_folder(Path(folder)))
        try:
            stack.up(ENGINES)
            values = read_env(stack.folder.env)
            values["POSTGRES_BATCH_DSN"] = values["POSTGRES_DSN"]
            settings = settings_of(values)
            create_topics(settings)
            migrate(settings)
            prepare(settings)
            seed_facts(settings)
            jobs = StreamJobs(stack.folder, values)
            jobs.start(print)
            yield Bench(stack, jobs, values, settings)
            jobs.stop(print)
        finally:
            stack.down()


def seed_facts(settings: Settings) -> None:
    """Put the rules of the catalog in force for all event times."""
    now_ms = time.time_ns() // 1_000_000
    facts = [
        Fact(
            f"{rule.id}:{rule.version}",
            RuleText(rule.id, rule.version, _text(rule.id)),
            0,
            None,
            "catalog",
            now_ms,
        )
        for rule in load_catalog()
    ]
    publish_facts(settings, facts)


def _text(rule_id: str) -> str:
    return (CATALOG / f"{rule_id}.yaml").read_text(encoding="utf-8")


def wait_until_caught_up(settings: Settings) -> None:
    """Wait until the stream has committed all that the topic holds.

    Raises:
        TimeoutError: it has not within half an hour.
    """
    options = settings.librdkafka() | {"group.id": DETECT_GROUP, "enable.auto.commit": False}
    deadline = time.monotonic() + CAUGHT_UP_S_MAX
    with closing(Consumer(options)) as consumer:
        topic = settings.kafka_topic
        numbers = consumer.list_topics(topic, timeout=20).topics[topic].partitions
        places = [TopicPartition(topic, number) for number in numbers]
        while time.monotonic() < deadline:
            committed = consumer.committed(places, timeout=20)
            ends = [consumer.get_watermark_offsets(place, timeout=20)[1] for place in places]
            if all(place.offset >= end for place, end in zip(committed, ends, strict=True)):
                return
            time.sleep(1)
    raise TimeoutError(f"the stream did not catch up within {CAUGHT_UP_S_MAX:.0f} s")


def all_of_it(events: int) -> Count:
    """Everything that makes stream and batch differ, and a restart in the middle."""
    with bench() as at:
        at.produce(events // 2, 21, "--disorder", "0.05", "--late", "0.01", "--duplicates", "0.02")
        at.judge()
        at.change_a_rule(time.time_ns() // 1_000_000 - 86_400_000)
        at.restart()
        at.produce(events - events // 2, 22, "--disorder", "0.05", "--late", "0.01", "--duplicates", "0.02")
        at.judge()
        show_runs(at)
        return verdicts(at)


def none_of_it(events: int) -> Count:
    """The stream as it should be."""
    with bench() as at:
        at.produce(events, 23, *(word for name in MISHAPS for word in (f"--{name}", "0")))
        at.judge()
        show_runs(at)
        return verdicts(at)


def verdicts(at: Bench) -> Count:
    """(rule, verdict, reason) -> alerts."""
    rows = at.rows(VERDICTS_SQL)
    return Counter(
        {(str(rule), str(verdict), str(reason)): int(str(count)) for rule, verdict, reason, count in rows}
    )


def show_runs(at: Bench) -> None:
    for status, judged, seconds in at.rows(RUNS_SQL):
        rate = int(str(judged)) / float(str(seconds)) if seconds else 0
        print(
            f"  reconciliation {status}: {judged:>10,} events, {seconds or 0:6.1f} s, {rate:>9,.0f} events/s"
        )


def show(title: str, found: Count) -> None:
    """Print a table of verdicts and reasons."""
    print(f"\n{title}: {found.total():,} alerts")
    by_kind: Counter[tuple[str, str]] = Counter()
    for (_, verdict, reason), count in found.items():
        by_kind[verdict, reason] += count
    for (verdict, reason), count in sorted(by_kind.items()):
        print(f"  {verdict:<10} {reason:<16} {count:>9,}")


def of_users(found: Count) -> int:
    """Differences over rules whose features look at one user alone."""
    keys = {rule.id: {feature.key for feature in rule.features.values()} for rule in load_catalog()}
    by_user = {rule_id for rule_id, used in keys.items() if used == {"user_id"}}
    return sum(count for (rule, _, reason), count in found.items() if rule in by_user and reason != "-")


def main(events: int = 5_000_000) -> None:
    """Print the tables; exit 1 where they are not as they should be."""
    disturbed = all_of_it(events)
    show(f"{events:,} events with disorder, duplicates, late events, a rule change and a restart", disturbed)
    clean = none_of_it(events)
    show(f"{events:,} events with none of these", clean)
    unexplained = sum(count for (*_, reason), count in (disturbed + clean).items() if reason == "unexplained")
    print(f"\nunexplained: {unexplained}; differences within users, undisturbed: {of_users(clean)}")
    if unexplained or of_users(clean):
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
