"""The Superset export: database, data sets, charts and one dashboard, as the files that Superset imports.

``python -m bi`` packs them into a ZIP. Ids are made from names, so that an import over an older one changes
it in place. The database's address holds no password: it is set in Superset after the import.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import yaml

from bi.charts import CHARTS, Chart, Measure
from bi.columns import BiColumn, Columns

VERSION = "1.0.0"
DATABASE = "Tandem"
DASHBOARD = "Tandem: credit risk and fraud"
SLUG = "tandem"
ADDRESS = "postgresql+psycopg2://bi_reader@localhost:5432/tandem"
ROOT = "tandem_superset"
GRID_WIDTH = 12
CHARTS_A_ROW = 3
CHART_HEIGHT = 44
VIZ = {
    "pie": "pie", "bars": "echarts_timeseries_bar", "lines": "echarts_timeseries_line", "funnel": "funnel",
    "map": "world_map", "heat": "heatmap_v2", "table": "table", "number": "big_number_total",
}  # fmt: skip
ROW_LIMIT = 10_000


def render(columns: Columns) -> dict[str, str]:
    """Return the files of the export: path to text."""
    documents: dict[str, Mapping[str, Any]] = {
        "metadata.yaml": {"version": VERSION, "type": "Dashboard", "timestamp": "2026-01-01T00:00:00+00:00"},
        f"databases/{DATABASE}.yaml": _database(),
        f"dashboards/{SLUG}.yaml": _dashboard(),
    }
    for view in sorted({chart.view for chart in CHARTS}):
        documents[f"datasets/{DATABASE}/{view}.yaml"] = _dataset(view, columns[view])
    for chart in CHARTS:
        documents[f"charts/{_file_name(chart)}.yaml"] = _chart(chart)
    return {
        path: yaml.safe_dump(dict(document), sort_keys=False, width=110, allow_unicode=True)
        for path, document in sorted(documents.items())
    }


def pack(files: Mapping[str, str], target: Path) -> None:
    """Write the ZIP that Superset's import takes."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in files.items():
            archive.writestr(f"{ROOT}/{path}", text)


def chart_uuid(chart: Chart) -> str:
    """Return the chart's id, made from its title."""
    return _uuid("chart", chart.title)


def _uuid(kind: str, name: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"tandem/{kind}/{name}"))


def _file_name(chart: Chart) -> str:
    return chart.title.lower().replace(" ", "_")


def _database() -> Mapping[str, Any]:
    return {
        "database_name": DATABASE,
        "sqlalchemy_uri": ADDRESS,
        "cache_timeout": None,
        "expose_in_sqllab": True,
        "allow_run_async": False,
        "allow_ctas": False,
        "allow_cvas": False,
        "allow_dml": False,
        "allow_file_upload": False,
        "extra": {"allows_virtual_table_explore": True},
        "uuid": _uuid("database", DATABASE),
        "version": VERSION,
    }


def _dataset(view: str, columns: tuple[BiColumn, ...]) -> Mapping[str, Any]:
    dates = [column.name for column in columns if column.is_time]
    return {
        "table_name": view,
        "main_dttm_col": dates[0] if dates else None,
        "description": None,
        "schema": "bi",
        "sql": None,
        "filter_select_enabled": True,
        "extra": None,
        "uuid": _uuid("dataset", view),
        "metrics": [
            {"metric_name": "rows", "verbose_name": "Rows", "metric_type": "count", "expression": "COUNT(*)"}
        ],
        "columns": [
            {
                "column_name": column.name,
                "type": column.type.upper(),
                "is_dttm": column.is_time,
                "is_active": True,
                "groupby": True,
                "filterable": True,
                "description": column.comment,
            }
            for column in columns
        ],
        "database_uuid": _uuid("database", DATABASE),
        "version": VERSION,
    }


def _metric(measure: Measure) -> Mapping[str, Any]:
    return {
        "expressionType": "SQL",
        "sqlExpression": measure.sql,
        "label": measure.label,
        "hasCustomLabel": True,
        "optionName": f"metric_{_uuid('measure', measure.label + measure.sql).replace('-', '')[:12]}",
    }


def _params(chart: Chart) -> dict[str, Any]:
    metrics = [_metric(measure) for measure in chart.measures]
    params: dict[str, Any] = {
        "viz_type": VIZ[chart.kind],
        "row_limit": ROW_LIMIT,
        "color_scheme": "supersetColors",
        "adhoc_filters": [],
        "y_axis_format": chart.number_format,
        "number_format": chart.number_format,
    }
    if chart.kind in ("pie", "funnel"):
        params |= {
            "metric": metrics[0],
            "groupby": list(chart.by),
            "sort_by_metric": True,
            "show_legend": True,
        }
    elif chart.kind == "number":
        params |= {"metric": metrics[0]}
    elif chart.kind == "map":
        params |= {
            "entity": chart.x,
            "country_fieldtype": "cca2",
            "metric": metrics[0],
            "show_bubbles": False,
        }
    elif chart.kind == "heat":
        params |= {
            "x_axis": chart.x,
            "groupby": chart.by[0],
            "metric": metrics[0],
            "normalize_across": "heatmap",
        }
    elif chart.kind == "table":
        params |= {
            "query_mode": "aggregate",
            "groupby": list(chart.by),
            "metrics": metrics,
            "order_desc": True,
        }
        params |= {"timeseries_limit_metric": metrics[1]}
    else:
        params |= {"x_axis": chart.x, "groupby": list(chart.by), "metrics": metrics, "show_legend": True}
        params |= {"time_grain_sqla": "P1D" if "date" in str(chart.x) else None, "truncate_metric": True}
        params |= {"stack": "Stack"} if chart.kind == "bars" else {}
    return params | chart.options


def _query_context(chart: Chart, params: Mapping[str, Any]) -> Mapping[str, Any]:
    dimensions = [*([chart.x] if chart.x else []), *chart.by]
    metrics = [_metric(measure) for measure in chart.measures]
    query = {
        "columns": dimensions,
        "metrics": metrics,
        "filters": [],
        "extras": {"having": "", "where": ""},
        "orderby": [[metrics[-1], False]],
        "row_limit": params["row_limit"],
        "annotation_layers": [],
        "applied_time_extras": {},
        "order_desc": True,
        "url_params": {},
        "custom_params": {},
        "custom_form_data": {},
    }
    return {
        "datasource": {"id": 0, "type": "table"},
        "force": False,
        "queries": [query],
        "form_data": dict(params),
        "result_format": "json",
        "result_type": "full",
    }


def _chart(chart: Chart) -> Mapping[str, Any]:
    params = _params(chart)
    return {
        "slice_name": chart.title,
        "description": chart.about,
        "viz_type": VIZ[chart.kind],
        "params": params,
        "query_context": json.dumps(_query_context(chart, params), sort_keys=True),
        "cache_timeout": None,
        "uuid": chart_uuid(chart),
        "version": VERSION,
        "dataset_uuid": _uuid("dataset", chart.view),
    }


def _dashboard() -> Mapping[str, Any]:
    return {
        "dashboard_title": DASHBOARD,
        "description": "What a lender asks of its applications, loans, transactions and alerts.",
        "css": "",
        "slug": SLUG,
        "uuid": _uuid("dashboard", SLUG),
        "position": _layout(),
        "metadata": {
            "color_scheme": "supersetColors",
            "refresh_frequency": 0,
            "cross_filters_enabled": True,
            "native_filter_configuration": [],
        },
        "version": VERSION,
    }


def _layout() -> dict[str, Any]:
    """Place the charts in rows of three."""
    rows = [CHARTS[first : first + CHARTS_A_ROW] for first in range(0, len(CHARTS), CHARTS_A_ROW)]
    layout: dict[str, Any] = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
        "HEADER_ID": {"type": "HEADER", "id": "HEADER_ID", "meta": {"text": DASHBOARD}},
        "GRID_ID": {
            "type": "GRID", "id": "GRID_ID", "parents": ["ROOT_ID"],
            "children": [f"ROW-{number}" for number in range(len(rows))],
        },
    }  # fmt: skip
    for number, row in enumerate(rows):
        row_id = f"ROW-{number}"
        layout[row_id] = {
            "type": "ROW", "id": row_id, "parents": ["ROOT_ID", "GRID_ID"],
            "children": [f"CHART-{number}-{place}" for place in range(len(row))],
            "meta": {"background": "BACKGROUND_TRANSPARENT"},
        }  # fmt: skip
        for place, chart in enumerate(row):
            chart_id = f"CHART-{number}-{place}"
            layout[chart_id] = {
                "type": "CHART", "id": chart_id, "children": [], "parents": ["ROOT_ID", "GRID_ID", row_id],
                "meta": {
                    "chartId": number * CHARTS_A_ROW + place + 1, "uuid": chart_uuid(chart),
                    "sliceName": chart.title, "width": GRID_WIDTH // len(row), "height": CHART_HEIGHT,
                },
            }  # fmt: skip
    return layout
