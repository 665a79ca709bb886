"""``python -m monitoring.publish`` writes the monitoring's files that are made from code."""

from __future__ import annotations

from pathlib import Path

from monitoring.dashboard import dashboard_json
from monitoring.grafana_alerts import grafana_alerts_yaml
from monitoring.metrics import METRICS, Metric
from monitoring.prometheus import scrape_config

ROOT = Path(__file__).parent.parent
GRAFANA = ROOT / "monitoring" / "grafana"
COMPOSE_TARGETS = {
    "flink_jobmanager": "flink-jobmanager:9249",
    "flink_taskmanager": "flink-taskmanager:9249",
    "exporter": "exporter:9400",
    "producer": "127.0.0.1:9401",
}
COMPOSE_RULES = "/etc/prometheus/rules/*.yml"


def published() -> dict[Path, str]:
    """File -> what it must hold."""
    return {
        GRAFANA / "dashboards" / "tandem.json": dashboard_json(),
        GRAFANA / "provisioning" / "alerting" / "tandem.yml": grafana_alerts_yaml(),
        ROOT / "monitoring" / "prometheus" / "prometheus.yml": scrape_config(COMPOSE_TARGETS, COMPOSE_RULES),
        ROOT / "docs" / "metrics.md": metrics_markdown(),
    }


def metrics_markdown() -> str:
    """The table of every metric, by the scrape job that publishes it."""
    sections = {metric.publisher: _section(metric.publisher) for metric in METRICS}
    return "\n".join(
        [
            "# Metrics",
            "",
            "Written by `python -m monitoring.publish` from `monitoring/metrics.py`. Names are as PromQL",
            "sees them; every series also has the labels `job` and `instance` of its scrape.",
            "",
            *sections.values(),
        ]
    )


def _section(publisher: str) -> str:
    rows = [_row(metric) for metric in METRICS if metric.publisher == publisher]
    head = [f"## {publisher}", "", "| metric | kind | labels | what it says |", "|---|---|---|---|"]
    return "\n".join([*head, *rows, ""])


def _row(metric: Metric) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    return f"| `{metric.name}` | {metric.kind} | {labels} | {metric.doc} |"


if __name__ == "__main__":
    for path, text in published().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
