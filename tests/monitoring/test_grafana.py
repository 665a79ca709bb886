from __future__ import annotations

import json
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from monitoring.grafana_alerts import grafana_alerts_yaml
from monitoring.metrics import METRICS
from tests.monitoring.test_compose import services

GRAFANA = Path(__file__).parents[2] / "monitoring" / "grafana"
PROVISIONING = GRAFANA / "provisioning"
UNITS = {"cps", "short", "percentunit", "s", "ms"}
"""Ids of Grafana's units that the dashboard may use."""


def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((GRAFANA / "dashboards" / "tandem.json").read_text())
    return found


def panels() -> list[dict[str, Any]]:
    return [panel for panel in dashboard()["panels"] if panel["type"] != "row"]


def provisioned(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((PROVISIONING / name).read_text())
    return found


def overlap(one: dict[str, int], other: dict[str, int]) -> bool:
    return (
        one["x"] < other["x"] + other["w"]
        and other["x"] < one["x"] + one["w"]
        and one["y"] < other["y"] + other["h"]
        and other["y"] < one["y"] + one["h"]
    )


def test_panels_neither_overlap_nor_leave_the_grid() -> None:
    places = [panel["gridPos"] for panel in dashboard()["panels"]]
    assert all(place["x"] + place["w"] <= 24 for place in places)
    assert [pair for pair in combinations(places, 2) if overlap(*pair)] == []


def test_ids_and_titles_are_unique() -> None:
    for key in ("id", "title"):
        values = [panel[key] for panel in dashboard()["panels"]]
        assert len(values) == len(set(values))


@pytest.mark.parametrize("panel", panels(), ids=lambda panel: panel["title"])
def test_a_panel_has_a_unit_a_query_and_says_what_to_do(panel: dict[str, Any]) -> None:
    assert panel["fieldConfig"]["defaults"]["unit"] in UNITS
    assert panel["targets"]
    assert len(panel["description"]) > 80
    assert len(re.findall(r"[.:;] ?", panel["description"])) >= 2


@pytest.mark.parametrize("panel", panels(), ids=lambda panel: panel["title"])
def test_a_panel_asks_for_documented_metrics_by_their_labels(panel: dict[str, Any]) -> None:
    metrics = {metric.name: metric for metric in METRICS}
    for target in panel["targets"]:
        bare = re.sub(r'"[^"]*"', '""', target["expr"])
        asked = re.findall(r"\b((?:tandem|kafka|flink)_\w+)(?:\{([^}]*)\})?", bare)
        assert asked or bare == "up"
        for name, matchers in asked:
            assert name in metrics
            assert set(re.findall(r"(\w+)\s*[!=]", matchers)) <= set(metrics[name].labels)


def test_colours_get_worse_as_values_get_worse() -> None:
    for panel in panels():
        steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
        values = [step["value"] for step in steps[1:]]
        assert steps[0]["value"] is None
        assert values == sorted(values)


def test_the_data_source_is_the_one_that_is_provisioned_and_points_at_the_compose_service() -> None:
    (source,) = provisioned("datasources/prometheus.yml")["datasources"]
    used = {panel["datasource"]["uid"] for panel in panels()}
    used |= {target["datasource"]["uid"] for panel in panels() for target in panel["targets"]}
    assert used == {source["uid"]}
    host, port = re.fullmatch(r"http://([\w-]+):(\d+)", source["url"]).groups()  # type: ignore[union-attr]
    assert f":{port}/" in " ".join(services()[host]["healthcheck"]["test"])


def test_the_paths_of_the_provisioning_are_the_mounts_of_the_compose_file() -> None:
    mounts = {volume["target"]: volume["source"] for volume in services()["grafana"]["volumes"]}
    (provider,) = provisioned("dashboards/tandem.yml")["providers"]
    assert Path(mounts[provider["options"]["path"]]) == GRAFANA / "dashboards"
    assert Path(mounts["/etc/grafana/provisioning"]) == PROVISIONING
    home = services()["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    folder, _, name = home.rpartition("/")
    assert (Path(mounts[folder]) / name).exists()
    rules = {volume["target"]: volume["source"] for volume in services()["prometheus"]["volumes"]}
    assert Path(rules["/etc/prometheus/rules"]).glob("*.yml")


def test_grafana_has_every_alert_of_prometheus() -> None:
    (group,) = provisioned("alerting/tandem.yml")["groups"]
    (source,) = provisioned("datasources/prometheus.yml")["datasources"]
    (file,) = (GRAFANA.parent / "prometheus" / "rules").glob("*.yml")
    written = file.read_text(encoding="utf-8").count("- alert: ")
    assert len({rule["uid"] for rule in group["rules"]}) == len(group["rules"]) == written
    for rule in group["rules"]:
        question, condition = rule["data"]
        assert question["datasourceUid"] == source["uid"]
        assert condition["refId"] == rule["condition"]
        assert question["refId"] in condition["model"]["expression"]
        assert len(rule["uid"]) <= 40
        assert "$value " not in json.dumps(rule["annotations"])


def test_grafana_alerts_are_made_from_whatever_rules_there_are(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(
        "groups: [{name: g, rules: [{alert: Hot, expr: x > 1, labels: {severity: warning},"
        " annotations: {summary: 'is {{ $value | humanize }}'}}]}]"
    )
    (group,) = yaml.safe_load(grafana_alerts_yaml(tmp_path))["groups"]
    (rule,) = group["rules"]
    assert rule["data"][0]["model"]["expr"] == "x > 1"
    assert rule["for"] == "0s"
    assert rule["annotations"]["summary"] == "is {{ $values.A.Value | humanize }}"
