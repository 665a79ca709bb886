"""The Power BI project hangs together: all that the report shows is in the model."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).parents[2] / "bi" / "powerbi"
MODEL = PROJECT / "Tandem.SemanticModel" / "definition"
REPORT = PROJECT / "Tandem.Report" / "definition"
WELLS = {
    "lineChart": {"Category", "Y", "Series"},
    "donutChart": {"Category", "Y"},
    "gauge": {"Y", "TargetValue"},
    "map": {"Category", "Size"},
    "tableEx": {"Values"},
    "slicer": {"Values"},
}


def tables() -> dict[str, dict[str, set[str]]]:
    """Table -> its columns and measures, read from the text by its tabs."""
    found = {}
    for path in MODEL.glob("tables/*.tmdl"):
        text = path.read_text(encoding="utf-8")
        (name,) = re.findall(r"^table (\w+)$", text, re.MULTILINE)
        columns = set(re.findall(r"^\tcolumn (\w+)$", text, re.MULTILINE))
        measures = set(re.findall(r"^\tmeasure '([^']+)' = ", text, re.MULTILINE))
        found[name] = {"columns": columns, "measures": measures}
    return found


def visuals() -> Iterator[dict[str, Any]]:
    for path in sorted(REPORT.glob("pages/overview/visuals/*/visual.json")):
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        assert document["name"] == path.parent.name
        yield document


def test_the_page_has_the_visuals_and_slicers_that_were_asked_for() -> None:
    types = [visual["visual"]["visualType"] for visual in visuals()]
    assert sorted(types) == sorted(["lineChart", "map", "tableEx", "gauge", "donutChart"] + ["slicer"] * 3)
    shown = {
        projection["nativeQueryRef"]
        for v in visuals()
        for projection in _projections(v)
        if "slicer" in v["name"]
    }
    assert shown == {"risk_level", "card_type", "is_fraud"}


def test_every_field_of_a_visual_is_in_the_model_and_in_a_well_of_its_type() -> None:
    known = tables()
    for visual in visuals():
        assert set(visual["visual"]["query"]["queryState"]) <= WELLS[visual["visual"]["visualType"]]
        for projection in _projections(visual):
            ((kind, field),) = projection["field"].items()
            table = field["Expression"]["SourceRef"]["Entity"]
            assert field["Property"] in known[table][f"{kind.lower()}s"], projection


def test_visuals_lie_on_the_page_without_overlap() -> None:
    page = json.loads((REPORT / "pages/overview/page.json").read_text(encoding="utf-8"))
    places = [visual["position"] for visual in visuals()]
    for place in places:
        assert place["x"] + place["width"] <= page["width"]
        assert place["y"] + place["height"] <= page["height"]
    for number, one in enumerate(places):
        for other in places[number + 1 :]:
            apart = one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
            above = one["y"] + one["height"] <= other["y"] or other["y"] + other["height"] <= one["y"]
            assert apart or above


def test_relationships_and_measures_name_what_there_is() -> None:
    known = tables()
    ends = re.findall(r"(?:from|to)Column: (\w+)\.(\w+)", (MODEL / "relationships.tmdl").read_text())
    assert len(ends) == 12
    assert [end for end in ends if end[1] not in known[end[0]]["columns"]] == []
    text = "".join(path.read_text(encoding="utf-8") for path in MODEL.glob("tables/*.tmdl"))
    measures = re.findall(r"^\tmeasure '[^']+' = (.+)$", text, re.MULTILINE)
    referred = [name for dax in measures for name in re.findall(r"(?<!\w)\[([^\]]+)\]", dax)]
    assert set(referred) <= {name for table in known.values() for name in table["measures"]}
    columns = [pair for dax in measures for pair in re.findall(r"(\w+)\[(\w+)\]", dax)]
    assert [pair for pair in columns if pair[1] not in known[pair[0]]["columns"]] == []


def test_the_model_refers_to_all_its_tables() -> None:
    named = re.findall(r"^ref table (\w+)$", (MODEL / "model.tmdl").read_text(), re.MULTILINE)
    assert set(named) == set(tables())


@pytest.mark.parametrize("path", sorted(PROJECT.rglob("*.json")), ids=lambda path: path.name)
def test_every_json_file_names_its_schema(path: Path) -> None:
    assert json.loads(path.read_text(encoding="utf-8"))["$schema"].startswith(
        "https://developer.microsoft.com/"
    )


def test_what_the_project_points_at_is_there() -> None:
    project = json.loads((PROJECT / "Tandem.pbip").read_text())
    report = PROJECT / project["artifacts"][0]["report"]["path"]
    definition = json.loads((report / "definition.pbir").read_text())
    assert (report / definition["datasetReference"]["byPath"]["path"] / "definition.pbism").is_file()


def test_no_line_of_the_model_is_indented_by_spaces() -> None:
    for path in MODEL.rglob("*.tmdl"):
        lines = path.read_text(encoding="utf-8").splitlines()
        assert [line for line in lines if line.startswith(" ")] == [], path


def _projections(visual: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for well in visual["visual"]["query"]["queryState"].values():
        yield from well["projections"]
