"""The Power BI report as PBIR: one page with line, map, table, gauge, donut and slicers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bi.columns import Columns
from bi.powerbi_model import NAME, render_model, tag

SCHEMAS = "https://developer.microsoft.com/json-schemas/fabric"
PAGE = "overview"
WIDTH, HEIGHT = 1280, 720
MARGIN = 16


@dataclass(frozen=True)
class Field:
    """A column or a measure of a table of the model."""

    table: str
    name: str
    is_measure: bool = False


@dataclass(frozen=True)
class Visual:
    """One visual: its type, the fields in each of its wells, and its place on the page in pixels."""

    name: str
    type: str
    title: str
    wells: Mapping[str, tuple[Field, ...]]
    place: tuple[int, int, int, int]


def column(table: str, name: str) -> Field:
    """Name a column."""
    return Field(table, name)


def measure(table: str, name: str) -> Field:
    """Name a measure."""
    return Field(table, name, is_measure=True)


_COLUMN_WIDTH = (WIDTH - 4 * MARGIN) // 3
_LEFT, _MIDDLE, _RIGHT = (MARGIN + number * (_COLUMN_WIDTH + MARGIN) for number in range(3))
VISUALS = (
    Visual(
        "slicer_risk_level", "slicer", "risk_level",
        {"Values": (column("risk_levels", "risk_level"),)}, (_LEFT, MARGIN, _COLUMN_WIDTH, 80),
    ),
    Visual(
        "slicer_card_type", "slicer", "card_type",
        {"Values": (column("transaction_days", "card_type"),)}, (_MIDDLE, MARGIN, _COLUMN_WIDTH, 80),
    ),
    Visual(
        "slicer_is_fraud", "slicer", "is_fraud",
        {"Values": (column("transaction_days", "is_fraud"),)}, (_RIGHT, MARGIN, _COLUMN_WIDTH, 80),
    ),
    Visual(
        "line_transactions", "lineChart", "Transactions over time",
        {
            "Category": (column("dates", "date"),),
            "Y": (measure("transaction_days", "Transactions"),),
            "Series": (column("transaction_days", "is_fraud"),),
        },
        (_LEFT, 112, 2 * _COLUMN_WIDTH + MARGIN, 288),
    ),
    Visual(
        "gauge_approval", "gauge", "Approval rate against its target",
        {
            "Y": (measure("application_days", "Approval rate"),),
            "TargetValue": (measure("application_days", "Approval target"),),
        },
        (_RIGHT, 112, _COLUMN_WIDTH, 288),
    ),
    Visual(
        "map_fraud", "map", "Transactions known as fraud, by city",
        {
            "Category": (column("regional_fraud", "city"),),
            "Size": (measure("regional_fraud", "Fraud by place"),),
        },
        (_LEFT, 416, _COLUMN_WIDTH, 288),
    ),
    Visual(
        "table_risk", "tableEx", "Risk levels",
        {
            "Values": (
                column("risk_levels", "risk_level"), measure("application_days", "Applications"),
                measure("application_days", "Mean score"), measure("transaction_days", "Transactions"),
                measure("transaction_days", "Fraud rate"), measure("loan_book", "Bad loans"),
            )
        },
        (_MIDDLE, 416, _COLUMN_WIDTH, 288),
    ),
    Visual(
        "donut_loans", "donutChart", "Loan book by delinquency",
        {"Category": (column("loan_book", "delinquency"),), "Y": (measure("loan_book", "Loans"),)},
        (_RIGHT, 416, _COLUMN_WIDTH, 288),
    ),
)  # fmt: skip


def render(columns: Columns) -> dict[str, str]:
    """Return the files of the project: path to text."""
    report, model = f"{NAME}.Report", f"{NAME}.SemanticModel"
    documents: dict[str, Mapping[str, Any]] = {
        f"{NAME}.pbip": _project(report),
        f"{report}/.platform": _platform("Report"),
        f"{report}/definition.pbir": _schema("item/report/definitionProperties/1.0.0")
        | {"version": "4.0", "datasetReference": {"byPath": {"path": f"../{model}"}}},
        f"{report}/definition/version.json": _schema("item/report/definition/versionMetadata/1.0.0")
        | {"version": "2.0.0"},
        f"{report}/definition/report.json": _report(),
        f"{report}/definition/pages/pages.json": _schema("item/report/definition/pagesMetadata/1.0.0")
        | {"pageOrder": [PAGE], "activePageName": PAGE},
        f"{report}/definition/pages/{PAGE}/page.json": _page(),
        f"{model}/.platform": _platform("SemanticModel"),
        f"{model}/definition.pbism": {"version": "4.2", "settings": {}},
    }
    for number, visual in enumerate(VISUALS):
        path = f"{report}/definition/pages/{PAGE}/visuals/{visual.name}/visual.json"
        documents[path] = _visual(visual, number)
    texts = {path: json.dumps(document, indent=2) + "\n" for path, document in documents.items()}
    return texts | {f"{model}/definition/{path}": text for path, text in render_model(columns).items()}


def _schema(name: str) -> dict[str, Any]:
    return {"$schema": f"{SCHEMAS}/{name}/schema.json"}


def _project(report: str) -> Mapping[str, Any]:
    return _schema("pbip/pbipProperties/1.0.0") | {
        "version": "1.0",
        "artifacts": [{"report": {"path": report}}],
        "settings": {"enableAutoRecovery": True},
    }


def _platform(kind: str) -> Mapping[str, Any]:
    return _schema("gitIntegration/platformProperties/2.0.0") | {
        "metadata": {"type": kind, "displayName": NAME},
        "config": {"version": "2.0", "logicalId": tag("platform", kind)},
    }


def _report() -> Mapping[str, Any]:
    theme = {"name": "CY24SU10", "reportVersionAtImport": "5.61", "type": "SharedResources"}
    return _schema("item/report/definition/report/1.0.0") | {
        "themeCollection": {"baseTheme": theme},
        "layoutOptimization": "None",
    }


def _page() -> Mapping[str, Any]:
    return _schema("item/report/definition/page/1.0.0") | {
        "name": PAGE,
        "displayName": "Overview",
        "displayOption": "FitToPage",
        "height": HEIGHT,
        "width": WIDTH,
    }


def _visual(visual: Visual, number: int) -> Mapping[str, Any]:
    x, y, width, height = visual.place
    wells = {
        well: {"projections": [_projection(field) for field in fields]}
        for well, fields in visual.wells.items()
    }
    title = {"show": _literal("true"), "text": _literal(f"'{visual.title}'")}
    return _schema("item/report/definition/visualContainer/1.0.0") | {
        "name": visual.name,
        "position": {"x": x, "y": y, "z": number, "height": height, "width": width, "tabOrder": number},
        "visual": {
            "visualType": visual.type,
            "query": {"queryState": wells},
            "visualContainerObjects": {"title": [{"properties": title}]},
            "drillFilterOtherVisuals": True,
        },
    }


def _projection(field: Field) -> Mapping[str, Any]:
    source = {"Expression": {"SourceRef": {"Entity": field.table}}, "Property": field.name}
    return {
        "field": {"Measure" if field.is_measure else "Column": source},
        "queryRef": f"{field.table}.{field.name}",
        "nativeQueryRef": field.name,
    }


def _literal(value: str) -> Mapping[str, Any]:
    return {"expr": {"Literal": {"Value": value}}}
