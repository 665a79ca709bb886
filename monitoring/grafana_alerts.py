"""Grafana's alert rules, made from the Prometheus rule files: one text, two readers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from monitoring.dashboard import DATASOURCE_UID
from monitoring.prometheus import RULES_FOLDER

FOLDER = "Tandem"
LOOK_BACK_SECONDS = 600


def grafana_alerts_yaml(rules_folder: Path = RULES_FOLDER) -> str:
    """The text of the provisioning file with every alert of every rule file."""
    groups = [
        _group(group)
        for file in sorted(rules_folder.glob("*.yml"))
        for group in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]
    ]
    return yaml.safe_dump({"apiVersion": 1, "groups": groups}, sort_keys=False, width=110)


def _group(group: dict[str, Any]) -> dict[str, Any]:
    return {
        "orgId": 1,
        "name": group["name"],
        "folder": FOLDER,
        "interval": "30s",
        "rules": [_rule(rule) for rule in group["rules"] if "alert" in rule],
    }


def _rule(rule: dict[str, Any]) -> dict[str, Any]:
    """A Prometheus alert keeps the series that are bad, whatever their value: so any number fires."""
    return {
        "uid": f"tandem-{rule['alert'].lower()}",
        "title": rule["alert"],
        "condition": "B",
        "data": [_question(rule["expr"]), _any_number()],
        "for": rule.get("for", "0s"),
        "noDataState": "OK",
        "execErrState": "Error",
        "labels": rule["labels"],
        "annotations": {name: _template(text) for name, text in rule["annotations"].items()},
    }


def _question(expr: str) -> dict[str, Any]:
    return {
        "refId": "A",
        "relativeTimeRange": {"from": LOOK_BACK_SECONDS, "to": 0},
        "datasourceUid": DATASOURCE_UID,
        "model": {"refId": "A", "expr": expr, "instant": True, "range": False},
    }


def _any_number() -> dict[str, Any]:
    return {
        "refId": "B",
        "relativeTimeRange": {"from": 0, "to": 0},
        "datasourceUid": "__expr__",
        "model": {"refId": "B", "type": "math", "expression": "is_number($A)"},
    }


def _template(text: str) -> str:
    return text.replace("$value", "$values.A.Value")
