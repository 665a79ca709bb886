"""The dashboard, the alert rules and the catalog of metrics against a platform that runs."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import psycopg2
import pytest

from monitoring.metrics import METRICS, Metric
from monitoring.panels import ROWS, Panel
from stack.folder import ROOT, stack_folder
from stack.platform import start_platform, stop_platform
from stack.up import Stack
from tests.monitoring.batch_runs import add_run, add_verdict, landed

pytestmark = [pytest.mark.engines, pytest.mark.timeout(600)]

SECONDS_UNTIL_SCRAPED = 90
PANELS = [panel for panels in ROWS.values() for panel in panels]


class Live:
    """A Prometheus with everything to scrape behind it."""

    def __init__(self, address: str) -> None:
        self.address = address

    def ask(self, path: str, **parameters: str) -> Any:
        with urlopen(f"{self.address}/api/v1/{path}?{urlencode(parameters)}", timeout=10) as answer:
            return json.load(answer)["data"]

    def query(self, expr: str) -> list[Any]:
        found: list[Any] = self.ask("query", query=expr)["result"]
        return found

    def wait_for(self, expr: str) -> list[Any]:
        """The result of a query, as soon as it has a number; empty when it never gets one."""
        deadline = time.monotonic() + SECONDS_UNTIL_SCRAPED
        while time.monotonic() < deadline:
            found = [series for series in self.query(expr) if series["value"][1] != "NaN"]
            if found:
                return found
            time.sleep(1)
        return []


@pytest.fixture(scope="module")
def live() -> Iterator[Live]:
    """A platform of its own: engines, stream jobs, exporter, a producer that sends, a batch on record."""
    with tempfile.TemporaryDirectory(prefix="tandem-live-", ignore_cleanup_errors=True) as given:
        Path(given).chmod(0o711)
        stack = Stack(stack_folder(Path(given)), environment={})
        try:
            values = start_platform(stack)
            _record_a_batch(values["POSTGRES_DSN"])
            with _producing(values, stack.ports["producer"]):
                yield Live(values["PROMETHEUS_URL"])
        finally:
            stop_platform(stack)


def _record_a_batch(dsn: str) -> None:
    with closing(psycopg2.connect(dsn)) as connection, connection:
        add_run(connection, batch_id="l", **landed(10, 1, {"not_json": 1}))
        add_run(connection, batch_id="s", job="score_risk")
        add_run(connection, batch_id="r", job="reconcile_alerts")
        add_verdict(connection, "risky_application:e1", "confirmed", None, "r")
        add_verdict(connection, "risky_application:e2", "retracted", "duplicate_state", "r")


def _producing(values: dict[str, str], port: int) -> Any:
    command = [sys.executable, "-m", "ingestion", "produce", "--quiet", "--rate", "200", "--duration", "900"]
    mishaps = ["--broken", "0.05", "--metrics-port", str(port)]
    return _Ended(subprocess.Popen([*command, *mishaps], cwd=ROOT, env=values))


class _Ended:
    """A process that is ended with its block."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process

    def __enter__(self) -> None:
        assert self.process.poll() is None

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(30)


def test_every_target_is_up(live: Live) -> None:
    assert live.wait_for("sum(up) == 4")
    targets = live.ask("targets")["activeTargets"]
    assert {target["labels"]["job"] for target in targets} == {
        "flink_jobmanager",
        "flink_taskmanager",
        "exporter",
        "producer",
    }
    assert {target["health"] for target in targets} == {"up"}, [target["lastError"] for target in targets]


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.title)
def test_every_query_of_a_panel_has_data(live: Live, panel: Panel) -> None:
    for query in panel.queries:
        assert live.wait_for(query.expr), f"no data: {query.expr}"


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_every_documented_metric_is_published_by_its_scrape_with_its_labels(
    live: Live, metric: Metric
) -> None:
    if metric.name.startswith("tandem_undelivered"):
        assert live.wait_for(metric.name)
    found = live.wait_for(metric.name)
    assert found, "no series"
    for series in found:
        assert series["metric"]["job"] == metric.publisher
        assert set(metric.labels) <= set(series["metric"])


def test_the_exporter_and_the_producer_publish_nothing_undocumented(live: Live) -> None:
    assert live.wait_for("tandem_producer_messages_total")
    series = live.query(
        'count by (__name__) ({job=~"exporter|producer", __name__!~"up|scrape_.*|.*_created"})'
    )
    published = {entry["metric"]["__name__"] for entry in series}
    assert published <= {metric.name for metric in METRICS}


def test_every_alert_rule_is_evaluated_and_none_fires_on_a_healthy_platform(live: Live) -> None:
    assert live.wait_for("sum(up) == 4")
    rules = [rule for group in live.ask("rules")["groups"] for rule in group["rules"]]
    assert len(rules) == 12
    assert {rule["name"]: rule["health"] for rule in rules} == {rule["name"]: "ok" for rule in rules}
    assert [rule["name"] for rule in rules if rule["state"] == "firing"] == []
