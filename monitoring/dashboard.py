"""Turns the panels of :mod:`monitoring.panels` into the JSON that Grafana provisions."""

from __future__ import annotations

import json
from typing import Any

from monitoring.panels import ROWS, Panel, Query, Threshold

DATASOURCE_UID = "tandem-prometheus"
DASHBOARD_UID = "tandem-overview"
GRID_COLUMNS = 24
GRAFANA_SCHEMA_VERSION = 41


def dashboard_json() -> str:
    """The dashboard as the text of its file."""
    dashboard = {
        "uid": DASHBOARD_UID,
        "title": "Tandem",
        "description": "The stream, the batch, and whether they agree.",
        "tags": ["tandem"],
        "schemaVersion": GRAFANA_SCHEMA_VERSION,
        "version": 1,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "10s",
        "time": {"from": "now-30m", "to": "now"},
        "timezone": "utc",
        "panels": _panels(),
    }
    return json.dumps(dashboard, indent=2) + "\n"


def _panels() -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    top = 0
    for title, panels in ROWS.items():
        made.append(_row(len(made) + 1, title, top))
        top += 1
        left = height = 0
        for panel in panels:
            if left + panel.width > GRID_COLUMNS:
                top, left, height = top + height, 0, 0
            made.append(_panel(len(made) + 1, panel, left, top))
            left, height = left + panel.width, max(height, panel.height)
        top += height
    return made


def _row(number: int, title: str, top: int) -> dict[str, Any]:
    grid = {"x": 0, "y": top, "w": GRID_COLUMNS, "h": 1}
    return {"id": number, "type": "row", "title": title, "collapsed": False, "gridPos": grid, "panels": []}


def _panel(number: int, panel: Panel, left: int, top: int) -> dict[str, Any]:
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.doc,
        "datasource": _datasource(),
        "gridPos": {"x": left, "y": top, "w": panel.width, "h": panel.height},
        "targets": [
            _target(chr(ord("A") + index), query, panel) for index, query in enumerate(panel.queries)
        ],
        "fieldConfig": {"defaults": _field_defaults(panel), "overrides": []},
        "options": _OPTIONS[panel.kind],
    }


def _datasource() -> dict[str, str]:
    return {"type": "prometheus", "uid": DATASOURCE_UID}


def _target(reference: str, query: Query, panel: Panel) -> dict[str, Any]:
    return {
        "refId": reference,
        "datasource": _datasource(),
        "expr": query.expr,
        "legendFormat": query.legend,
        "instant": panel.kind != "timeseries",
        "range": panel.kind == "timeseries",
    }


def _field_defaults(panel: Panel) -> dict[str, Any]:
    defaults: dict[str, Any] = {"unit": panel.unit, "min": 0, "thresholds": _thresholds(panel.thresholds)}
    if panel.value_names:
        options = {
            value: {"text": text, "color": color} for value, (text, color) in panel.value_names.items()
        }
        defaults["mappings"] = [{"type": "value", "options": options}]
    if panel.kind == "timeseries":
        defaults["color"] = {"mode": "palette-classic"}
        defaults["custom"] = _lines(panel)
    else:
        defaults["color"] = {"mode": "thresholds"}
    return defaults


def _thresholds(steps: tuple[Threshold, ...]) -> dict[str, Any]:
    base = {"color": "green" if steps else "blue", "value": None}
    return {
        "mode": "absolute",
        "steps": [base, *({"color": color, "value": value} for value, color in steps)],
    }


def _lines(panel: Panel) -> dict[str, Any]:
    return {
        "drawStyle": "line",
        "lineWidth": 1,
        "fillOpacity": 20 if panel.stacked else 5,
        "showPoints": "never",
        "spanNulls": 60_000,
        "stacking": {"mode": "normal" if panel.stacked else "none", "group": "A"},
        "thresholdsStyle": {"mode": "line" if panel.thresholds else "off"},
    }


_REDUCE = {"calcs": ["lastNotNull"], "fields": "", "values": False}
_OPTIONS: dict[str, dict[str, Any]] = {
    "stat": {"reduceOptions": _REDUCE, "colorMode": "background", "graphMode": "none", "textMode": "auto"},
    "bargauge": {"reduceOptions": _REDUCE, "orientation": "horizontal", "displayMode": "basic"},
    "timeseries": {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
}
