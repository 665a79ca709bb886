"""How fast windows are filled from the lake: ``python -m benchmarks.warm_up [--events N]``, on its own stack.

Events are produced and landed; then a window of 30 days, and ten features on three keys, are warmed up as
``tandem rules deploy`` does it: Spark writes what the steps read of the landed events that have the keys to
a topic, Flink takes it into the windows, until a checkpoint holds all of them. The start of Spark and of the
Flink job is in the time.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import typer

from rules.facts import Fact, RuleText
from stack.environment import read_env
from stack.folder import ROOT, stack_folder
from stack.jobs import StreamJobs
from stack.platform import prepare_stores, settings_of
from stack.take_over import landed_offsets
from stack.up import Stack
from stack.warm_up import warmed_up

ENGINES = ("kafka", "postgres", "mongo", "flink")
MONTH = """
id: card_month
version: 1
on: transaction
features:
  card_count_30d: COUNT(*) BY card_id OVER 30 DAYS
when: card_count_30d > 1000
severity: low
message: Seldom
"""
TEN = """
id: ten_windows
version: 1
on: transaction
features:
  uses_10m: COUNT(*) BY card_id OVER 10 MINUTES
  spent_24h: SUM(amount_cents) BY card_id OVER 24 HOURS
  mean_30d: AVG(amount_cents) BY card_id OVER 30 DAYS
  spread_30d: STDDEV(amount_cents) BY card_id OVER 30 DAYS
  shops_7d: COUNT(DISTINCT merchant_id) BY card_id OVER 7 DAYS
  user_uses_1h: COUNT(*) BY user_id OVER 1 HOUR
  user_most_30d: MAX(amount_cents) BY user_id OVER 30 DAYS
  user_spent_7d: SUM(amount_cents) BY user_id OVER 7 DAYS
  shop_uses_1h: COUNT(*) BY merchant_id OVER 1 HOUR
  shop_mean_24h: AVG(amount_cents) BY merchant_id OVER 24 HOURS
when: >
  uses_10m > 1000 AND spent_24h > 1000 AND mean_30d > 0 AND spread_30d > 0 AND shops_7d > 0
  AND user_uses_1h > 0 AND user_most_30d > 0 AND user_spent_7d > 0 AND shop_uses_1h > 0 AND shop_mean_24h > 0
severity: low
message: Seldom
"""


def main(events: int = 4_000_000) -> None:
    """Print how long each step took."""
    with tempfile.TemporaryDirectory(prefix="tandem-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        stack = Stack(stack_folder(Path(folder)))
        try:
            stack.up(ENGINES)
            values = read_env(stack.folder.env)
            prepare_stores(stack, settings_of(values))
            produce = ("-m", "ingestion", "produce", "--quiet", "--events", str(events))
            _timed("produced", events, values, sys.executable, *produce)
            submit = str(Path(sys.executable).with_name("spark-submit"))
            _timed("landed", events, values, submit, "spark_jobs/land_events.py")
            jobs = StreamJobs(stack.folder, values)
            for name, rule in {"card_month": MONTH, "ten_windows": TEN}.items():
                fact = Fact(name, RuleText(name, 1, rule), 0, None, "benchmark", 0)
                print(f"{name}: ", end="", flush=True)
                warmed_up(jobs, [fact], landed_offsets(settings_of(values)), print)
        finally:
            stack.down()


def _timed(what: str, events: int, values: dict[str, str], *command: str) -> None:
    began = time.monotonic()
    done = subprocess.run(
        command, env={**os.environ, **values}, cwd=ROOT, stdout=subprocess.DEVNULL, check=False
    )
    if done.returncode:
        raise SystemExit(f"{command[1]} ended with {done.returncode}")
    seconds = time.monotonic() - began
    print(f"{what} {events:,} events in {seconds:.0f} s: {events / seconds:,.0f} a second")


if __name__ == "__main__":
    typer.run(main)
