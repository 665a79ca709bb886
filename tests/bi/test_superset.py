"""The Superset export hangs together: every chart has its data set, every column is there, all are shown."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import yaml

from bi.superset_export import pack

EXPORT = Path(__file__).parents[2] / "bi" / "superset"


def documents(folder: str) -> list[dict[str, Any]]:
    return [yaml.safe_load(path.read_text(encoding="utf-8")) for path in (EXPORT / folder).rglob("*.yaml")]


def test_every_chart_reads_columns_of_its_data_set() -> None:
    datasets = {
        entry["uuid"]: {column["column_name"] for column in entry["columns"]}
        for entry in documents("datasets")
    }
    charts = documents("charts")
    for chart in charts:
        (query,) = json.loads(chart["query_context"])["queries"]
        assert set(query["columns"]) <= datasets[chart["dataset_uuid"]], chart["slice_name"]
    assert len(charts) >= 12


def test_the_dashboard_shows_every_chart_once() -> None:
    (dashboard,) = documents("dashboards")
    shown = [
        entry["meta"]["uuid"]
        for entry in dashboard["position"].values()
        if isinstance(entry, dict) and entry["type"] == "CHART"
    ]
    assert sorted(shown) == sorted(chart["uuid"] for chart in documents("charts"))
    ids = set(dashboard["position"]) - {"DASHBOARD_VERSION_KEY"}
    children = [child for name in ids for child in dashboard["position"][name].get("children", ())]
    assert set(children) == ids - {"ROOT_ID", "HEADER_ID"}


def test_the_export_holds_no_password() -> None:
    (database,) = documents("databases")
    assert database["sqlalchemy_uri"] == "postgresql+psycopg2://bi_reader@localhost:5432/tandem"


def test_the_zip_has_one_root_as_superset_expects(tmp_path: Path) -> None:
    pack({"metadata.yaml": "version: 1.0.0\n", "charts/a.yaml": "a: 1\n"}, tmp_path / "x.zip")
    with zipfile.ZipFile(tmp_path / "x.zip") as archive:
        assert archive.namelist() == ["tandem_superset/metadata.yaml", "tandem_superset/charts/a.yaml"]
