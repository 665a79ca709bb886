"""The dashboard, the alert rules and the catalog of metrics against the platform that was played on."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from monitoring.metrics import METRICS, NEED_A_MODEL, Metric
from monitoring.panels import ROWS, Panel
from stack.folder import ROOT
from stack.platform import settings_of
from stack.up import Stack
from storage.topics import create_topics
from tests.end_to_end.playing import Played

pytestmark = [pytest.mark.engines, pytest.mark.timeout(1500)]

OTHER_TOPIC = "sent_for_its_metrics"
SECONDS_MAX = 120
LOOK_BACK_SECONDS = 3600
STEP_SECONDS = 15
PANELS = [panel for panels in ROWS.values() for panel in panels]


class Live:
    """The platform's Prometheus. Waits end for all tests together, so that a broken scrape fails soon."""

    def __init__(self, address: str, since: float) -> None:
        self.address = address
        self.since = since
        self.deadline = time.monotonic() + SECONDS_MAX

    def ask(self, path: str, **parameters: Any) -> Any:
        with urlopen(f"{self.address}/api/v1/{path}?{urlencode(parameters)}", timeout=30) as answer:
            return json.load(answer)["data"]

    def drawn(self, expr: str) -> list[Any]:
        """The series with at least one number since the platform was started, as a panel draws them."""
        span = {"start": self.since, "end": time.time(), "step": STEP_SECONDS}
        found = self.ask("query_range", query=expr, **span)["result"]
        return [series for series in found if any(value != "NaN" for _, value in series["values"])]

    def wait_for(self, expr: str) -> list[Any]:
        """What is drawn, as soon as there is something; empty when it never comes."""
        while not (found := self.drawn(expr)) and time.monotonic() < self.deadline:
            time.sleep(1)
        return found


@pytest.fixture(scope="module")
def live(played: Played, platform_stack: Stack) -> Iterator[Live]:
    """Prometheus while a producer sends, to a topic of its own: the played one has to stay as it is."""
    values = {**played.values, "KAFKA_TOPIC": OTHER_TOPIC}
    create_topics(settings_of(values))
    port = str(platform_stack.ports["producer"])
    send = ["produce", "--quiet", "--rate", "100", "--duration", "600", "--metrics-port", port]
    with subprocess.Popen([sys.executable, "-m", "ingestion", *send], cwd=ROOT, env=values) as producer:
        yield Live(played.values["PROMETHEUS_URL"], time.time() - LOOK_BACK_SECONDS)
        producer.terminate()


def test_every_target_is_up(live: Live) -> None:
    assert live.wait_for("sum(up) == 4")
    targets = live.ask("targets")["activeTargets"]
    assert {target["labels"]["job"] for target in targets} == {metric.publisher for metric in METRICS}
    assert {target["health"] for target in targets} == {"up"}, [target["lastError"] for target in targets]


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.title)
def test_every_query_of_a_panel_has_data(live: Live, panel: Panel) -> None:
    for query in panel.queries:
        assert live.wait_for(query.expr), f"no data: {query.expr}"


LIVE_METRICS = [metric for metric in METRICS if metric.name not in NEED_A_MODEL]


@pytest.mark.parametrize("metric", LIVE_METRICS, ids=lambda metric: metric.name)
def test_every_documented_metric_is_published_by_its_scrape_with_its_labels(
    live: Live, metric: Metric
) -> None:
    found = live.wait_for(metric.name)
    assert found, "no series"
    for series in found:
        assert series["metric"]["job"] == metric.publisher
        assert set(metric.labels) <= set(series["metric"])


def test_the_exporter_and_the_producer_publish_nothing_undocumented(live: Live) -> None:
    assert live.wait_for("tandem_producer_messages_total")
    names = 'count by (__name__) ({job=~"exporter|producer", __name__!~"up|ALERTS.*|scrape_.*|.*_created"})'
    published = {series["metric"]["__name__"] for series in live.drawn(names)}
    assert published <= {metric.name for metric in METRICS}


def test_the_exporters_numbers_are_those_of_the_run(live: Live, played: Played) -> None:
    def newest(expr: str) -> float:
        (series,) = live.wait_for(expr)
        return float(series["values"][-1][1])

    outcomes = "SELECT rows_accepted, rows_duplicate, rows_quarantined FROM warehouse.batch_runs"
    ((accepted, duplicate, quarantined),) = played.rows(f"{outcomes} WHERE job = 'land_events'")
    assert newest('tandem_landed_messages_total{outcome="accepted"}') == accepted
    assert newest('tandem_landed_messages_total{outcome="duplicate"}') == duplicate
    assert newest('tandem_landed_messages_total{outcome="quarantined"}') == quarantined
    assert newest("sum(tandem_alerts)") == len(played.documents("fraud_alerts"))
    topic = played.values["KAFKA_TOPIC"]
    assert newest(f'sum(tandem_topic_messages_total{{topic="{topic}"}})') == len(played.messages)
    assert newest('sum(kafka_consumergroup_lag{group="tandem-land-events"})') == 0


def test_every_alert_rule_is_evaluated_and_none_pages_without_reason(live: Live) -> None:
    assert live.wait_for("sum(up) == 4")
    rules = [rule for group in live.ask("rules")["groups"] for rule in group["rules"]]
    written = (ROOT / "monitoring" / "prometheus" / "rules" / "tandem.yml").read_text(encoding="utf-8")
    assert len(rules) == written.count("- alert: ")
    assert {rule["name"] for rule in rules if rule["health"] != "ok"} == set()
    firing = {rule["name"] for rule in rules if rule["state"] == "firing"}
    assert firing.isdisjoint({"TargetDown", "SourceDown", "NoStreamJob", "UnexplainedDifference"})
