"""Drift, performance as outcomes mature, groups; and which applications have an outcome at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from risk_models.document import ModelDocument
from risk_models.drift import Reference
from risk_models.errors import DataError
from risk_models.fairness import judge_groups
from risk_models.lake import DAY_MS, Outcomes, applications_with_outcomes, content_hash, read_events
from risk_models.pipeline import train
from risk_models.training import TrainingOptions
from risk_models.watching import Measurement, measure_drift, measure_performance
from tests.risk_models.tables import borrowers, dataset

APPLICATIONS = pd.DataFrame(
    {"event_id": ["a", "b", "c", "young"], "event_time_ms": [0, 0, 10 * DAY_MS, 300 * DAY_MS]}
)


@pytest.fixture(scope="module")
def document() -> ModelDocument:
    return train(dataset(2_000), "scorecard", TrainingOptions(folds=3)).document


def by_subject(found: list[Measurement], measure: str) -> dict[str, Measurement]:
    return {one.subject: one for one in found if one.measure == measure}


def test_what_moved_is_named_and_what_stayed_is_not(document: ModelDocument) -> None:
    same = by_subject(list(measure_drift(document, borrowers(3_000, seed=5))), "psi")
    assert not any(one.is_alert for one in same.values())
    poorer = borrowers(3_000, seed=5).assign(income=lambda table: table.income / 3)
    moved = by_subject(list(measure_drift(document, poorer)), "psi")
    assert moved["income"].is_alert
    assert moved["score"].is_alert
    assert not moved["work"].is_alert


def test_few_rows_are_not_measured(document: ModelDocument) -> None:
    assert list(measure_drift(document, borrowers(100))) == []
    assert list(measure_performance(document, borrowers(30))) == []


def test_the_index_is_the_sum_that_its_definition_says() -> None:
    reference = Reference.of(pd.DataFrame({"x": ["a"] * 50 + ["b"] * 50}), pd.Series(np.arange(100.0)))
    now = pd.DataFrame({"x": ["a"] * 20 + ["b"] * 80})
    expected = (0.2 - 0.5) * np.log(0.2 / 0.5) + (0.8 - 0.5) * np.log(0.8 / 0.5)
    assert reference.psi(now, pd.Series(np.arange(100.0)))["x"] == pytest.approx(expected)
    assert reference.psi(now, pd.Series(np.arange(100.0)))["score"] == pytest.approx(0, abs=1e-12)


def test_performance_is_measured_with_its_error_and_by_group(document: ModelDocument) -> None:
    found = list(measure_performance(document, borrowers(3_000, seed=6)))
    auc = by_subject(found, "auc")
    assert set(auc) == {"all", "town=north", "town=south"}
    assert auc["all"].standard_error is not None
    assert not auc["all"].is_alert
    reversed_outcome = borrowers(3_000, seed=6).assign(
        outcome=lambda table: np.where(table.outcome == "bad", "good", "bad")
    )
    assert by_subject(list(measure_performance(document, reversed_outcome)), "auc")["all"].is_alert


def test_a_group_that_is_approved_less_than_four_fifths_is_an_alert() -> None:
    groups = pd.DataFrame({"town": ["n"] * 100 + ["s"] * 100})
    probability = np.concatenate([np.linspace(0, 0.5, 100), np.linspace(0.2, 0.9, 100)])
    bad = (np.arange(200) % 4 == 0).astype(np.int8)
    north, south = judge_groups(groups, bad, probability, 0.4)
    assert north.approved_ratio == 1
    assert south.approved_ratio == pytest.approx(south.approved / north.approved)
    assert south.approved_ratio < 0.8


def test_outcomes_are_those_of_mature_applications_within_the_horizon() -> None:
    payments = pd.DataFrame(
        {
            "application_id": ["a", "b", "b", "b", "c", "young", "nobody"],
            "event_time_ms": [day * DAY_MS for day in (90, 10, 20, 30, 376, 310, 5)],
            "status": ["missed"] * 7,
            "days_past_due": [90, 5, 5, 5, 200, 200, 200],
        }
    )
    found = applications_with_outcomes(APPLICATIONS, payments, 400 * DAY_MS, Outcomes())
    assert dict(zip(found.event_id, found.outcome, strict=True)) == {"a": "bad", "b": "bad", "c": "good"}
    late = payments.assign(days_past_due=[89, 5, 5, 5, 1, 1, 1])
    few = late[late.index != 3]
    found = applications_with_outcomes(APPLICATIONS, few, 400 * DAY_MS, Outcomes())
    assert set(found.outcome) == {"good"}


def test_the_lake_is_read_by_the_runs_that_landed(tmp_path: Path) -> None:
    for run, number in (("one", 1), ("two", 2)):
        folder = tmp_path / f"events/batch_id={run}/event_date=2026-01-01"
        folder.mkdir(parents=True)
        rows = {"event_type": ["application", "payment"], "event_id": [f"a{number}", f"p{number}"]}
        pd.DataFrame(rows).to_parquet(folder / "part.parquet")
    read = read_events(str(tmp_path), ("one",), "application", ("event_id",))
    assert read.event_id.tolist() == ["a1"]
    both = read_events(tmp_path.as_uri(), ("one", "two"), "payment", ("event_id",))
    assert sorted(both.event_id) == ["p1", "p2"]
    assert content_hash(both) == content_hash(both.iloc[::-1])
    with pytest.raises(DataError, match="batch_id=three is not there, but the warehouse says that it landed"):
        read_events(str(tmp_path), ("three",), "payment", ("event_id",))
