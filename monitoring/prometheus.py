"""The Prometheus configuration of a stack: whom to ask, how often, and the alert rules."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml

RULES_FOLDER = Path(__file__).parent / "prometheus" / "rules"
SCRAPE_INTERVAL_SECONDS = 5
SCRAPE_TIMEOUT_SECONDS = 4


def scrape_config(targets: Mapping[str, str], rule_files: str = f"{RULES_FOLDER}/*.yml") -> str:
    """The text of a ``prometheus.yml``.

    Args:
        targets: scrape job (flink_jobmanager, flink_taskmanager, exporter, producer)
            -> host:port, several separated by commas.
        rule_files: where Prometheus finds the alert rules.
    """
    config = {
        "global": {
            "scrape_interval": f"{SCRAPE_INTERVAL_SECONDS}s",
            "scrape_timeout": f"{SCRAPE_TIMEOUT_SECONDS}s",
            "evaluation_interval": f"{SCRAPE_INTERVAL_SECONDS}s",
        },
        "rule_files": [rule_files],
        "scrape_configs": [
            {"job_name": job, "static_configs": [{"targets": addresses.split(",")}]}
            for job, addresses in targets.items()
        ],
    }
    return yaml.safe_dump(config, sort_keys=False)
