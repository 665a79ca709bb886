"""A data set that the pipeline has never seen needs a mapping file, and says what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from risk_models.dataset import load_dataset
from risk_models.errors import DataError
from risk_models.expressions import evaluate
from risk_models.held_out import split
from risk_models.mapping import FOLDER, load_mapping
from risk_models.pipeline import cross_validated
from risk_models.training import TrainingOptions
from tests.risk_models.tables import MAPPING, borrowers, dataset

DATASETS = Path(__file__).parents[3] / "shared" / "datasets"


@pytest.fixture
def written(tmp_path: Path) -> Path:
    borrowers(800).to_csv(tmp_path / "data.csv", index=False)
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(MAPPING))
    return tmp_path


def write(folder: Path, **changes: object) -> str:
    path = folder / "changed.yaml"
    path.write_text(yaml.safe_dump({**MAPPING, **changes}))
    return str(path)


def test_a_new_data_set_needs_a_mapping_alone(written: Path) -> None:
    data = load_dataset(str(written / "mine.yaml"), written / "data.csv")
    judged = cross_validated(data, "scorecard", TrainingOptions(folds=3), folds=3)
    assert judged.auc > 0.7
    assert len(judged.fold_aucs) == 3


@pytest.mark.parametrize("name", sorted(file.stem for file in FOLDER.glob("*.yaml")))
def test_every_mapping_of_the_project_reads(name: str) -> None:
    assert load_mapping(name).name == name


@pytest.mark.parametrize(
    ("name", "file", "least"),
    [("german", "german_credit.data", 0.75), ("taiwan", "taiwan_default.csv", 0.74)],
)
def test_the_public_data_train_where_they_are(name: str, file: str, least: float, written: Path) -> None:
    named, path = (name, DATASETS / file) if (DATASETS / file).is_file() else (
        str(written / "mine.yaml"), written / "data.csv"
    )  # fmt: skip
    data = load_dataset(named, path)
    some = data.rows(np.arange(min(len(data), 1_500)))
    assert cross_validated(some, "scorecard", TrainingOptions(folds=3), folds=2).auc > min(least, 0.72)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (
            {"target": {"column": "outcome", "bad": ["bad"], "good": ["fine"]}},
            "neither good nor bad, the first is row",
        ),
        ({"target": {"column": "fate", "bad": ["bad"], "good": ["good"]}}, "the data lack the columns fate"),
        ({"features": {"x": {"column": "height", "reason": "r"}}}, "the data lack the columns height"),
        ({"features": {"x": {"expression": "__import__('os')", "reason": "r"}}}, "expected columns, numbers"),
        ({"features": {"x": {"expression": "late +", "reason": "r"}}}, "invalid syntax"),
        ({"features": {"x": {"expression": "depth / 2", "reason": "r"}}}, "there is no column depth"),
        ({"features": {"x": {"reason": "r"}}}, "features.x: expected either column or expression"),
        ({"features": {}}, "features: Dictionary should have at least 1 item"),
        ({"colour": "red"}, "colour: Extra inputs are not permitted"),
        ({"name": "No Name"}, "name: String should match pattern"),
    ],
)
def test_what_is_wrong_with_a_mapping_is_one_line(
    written: Path, change: dict[str, object], text: str
) -> None:
    with pytest.raises(DataError, match=text) as caught:
        load_dataset(write(written, **change), written / "data.csv")
    assert "\n" not in str(caught.value)


def test_one_outcome_alone_is_refused(written: Path) -> None:
    borrowers(300).assign(outcome="good").to_csv(written / "data.csv", index=False)
    with pytest.raises(
        DataError, match="expected at least 20 bad and as many good outcomes, got 0 bad among 300"
    ):
        load_dataset(str(written / "mine.yaml"), written / "data.csv")


def test_expressions_compute_and_divide_by_zero_into_missing() -> None:
    table = pd.DataFrame({"a": ["1", "4"], "b": [0, 2], "c": [7.0, None]})
    assert evaluate("a / b", table).tolist() == pytest.approx([np.nan, 2.0], nan_ok=True)
    assert evaluate("-a + 2 * (b - 1)", table).tolist() == [-3.0, -2.0]
    assert evaluate("max(a, b, c)", table).tolist() == [7.0, 4.0]
    assert evaluate("count_above(1, a, b, c)", table).tolist() == [1.0, 2.0]


def test_macro_columns_are_those_published_by_then(written: Path) -> None:
    days = pd.date_range("2023-12-01", periods=15, freq="30D")
    pd.DataFrame({"month": days, "rate": np.arange(15.0)}).to_csv(written / "macro.csv", index=False)
    macro = {"file": "macro.csv", "date_column": "month", "publication_lag_days": 20, "columns": ["rate"]}
    data = load_dataset(write(written, macro=macro), written / "data.csv")
    assert data.dates is not None
    for date, rate in zip(data.dates, data.features["rate"], strict=True):
        published = [
            n for n, day in enumerate(days) if day.tz_localize("UTC") + pd.Timedelta(days=20) <= date
        ]
        assert rate == published[-1]


def test_held_out_rows_are_the_newest_or_the_same_whatever_else_is_there() -> None:
    dated = split(dataset(1_000))
    assert dated.training.dates is not None
    assert dated.held_out.dates is not None
    assert dated.training.dates.max() < dated.held_out.dates.min()
    undated = dataset(1_000, date_column=None)
    parts, some = split(undated), split(undated.rows(np.arange(0, 1_000, 2)))
    assert set(some.held_out.row_key) <= set(parts.held_out.row_key)
    assert not set(some.training.row_key) & set(parts.held_out.row_key)
    assert 140 < len(parts.held_out) < 260
