"""Scorecard and boosted trees: what they add up to, explain, survive and refuse."""

from __future__ import annotations

import json
import math
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from risk_models.bins import Bins
from risk_models.dataset import Dataset
from risk_models.document import ModelDocument
from risk_models.errors import DataError, ModelError
from risk_models.evaluation import compare, evaluate
from risk_models.pipeline import Trained, train
from risk_models.points import PointScale
from risk_models.serving import Boosted, Scorecard, read_model
from risk_models.training import TrainingOptions, train_scorecard
from tests.risk_models.tables import borrowers, dataset

OPTIONS = TrainingOptions(folds=3, depths=(2,), rounds_max=150)


@pytest.fixture(scope="module")
def data() -> Dataset:
    return dataset(2_500)


@pytest.fixture(scope="module")
def card(data: Dataset) -> Trained:
    return train(data, "scorecard", OPTIONS)


@pytest.fixture(scope="module")
def trees(data: Dataset) -> Trained:
    return train(data, "boosted", OPTIONS)


def scorecard(trained: Trained) -> Scorecard:
    assert isinstance(trained.document.model, Scorecard)
    return trained.document.model


def test_both_models_rank_nearly_as_well_as_the_truth(card: Trained, trees: Trained) -> None:
    table = borrowers(8_000, seed=9)
    bad = (table.outcome == "bad").to_numpy()
    best = roc_auc_score(bad, table.log_odds)
    for trained in (card, trees):
        said = trained.document.score(table)["default_probability"]
        assert roc_auc_score(bad, said) > best - 0.03
        assert abs(said.mean() - bad.mean()) < 0.02


def test_the_score_is_the_sum_of_the_points(card: Trained, data: Dataset) -> None:
    model = scorecard(card)
    total = np.full(len(data), model.base_points)
    for name, bins in model.bins.items():
        total += model.bin_points(name)[bins.index(data.features[name])]
    scored = model.score(data.features)
    assert (scored["score"] == total).all()
    log_odds = np.log(scored["default_probability"] / (1 - scored["default_probability"]))
    assert np.abs(scored["score"] - model.scale.points(log_odds)).max() <= (len(model.bins) + 1) / 2


def test_points_double_the_odds_as_they_are_told_to() -> None:
    scale = PointScale(base_score=500, base_odds=10, points_to_double_odds=25)
    points = scale.points(np.array([-math.log(10), -math.log(20), -math.log(5)]))
    assert points == pytest.approx([500, 525, 475])


def test_points_move_one_way_with_risk(card: Trained) -> None:
    model = scorecard(card)
    for name, sign in (("income", 1), ("late", -1)):
        points = model.bin_points(name)[: model.bins[name].size]
        assert len(points) >= 3
        assert all(sign * (after - before) >= 0 for before, after in pairwise(points))


def test_reasons_are_what_cost_most(card: Trained, trees: Trained) -> None:
    poor = pd.DataFrame({"income": [4.0], "late": [6.0], "work": ["employed"], "share": [1.5]})
    for trained in (card, trees):
        codes = trained.document.model.score(poor)["reason_codes"][0]
        assert codes
        assert "work" not in codes
        assert all(code in trained.document.mapping.reasons() for code in codes)
    safe = pd.DataFrame({"income": [90.0], "late": [0.0], "work": ["employed"], "share": [0.0]})
    assert card.document.model.score(safe)["reason_codes"][0] == []


def test_contributions_of_the_trees_sum_to_their_log_odds(trees: Trained, data: Dataset) -> None:
    model = trees.document.model
    assert isinstance(model, Boosted)
    summed = model.contributions(data.features).sum(axis=1)
    assert np.allclose(summed, model.log_odds(data.features), atol=1e-4)


def test_trees_keep_to_the_direction_of_risk(trees: Trained) -> None:
    rows = pd.DataFrame(
        {"income": np.full(9, 20.0), "late": np.arange(9.0), "work": "employed", "share": 0.1}
    )
    assert (np.diff(trees.document.model.score(rows)["default_probability"]) >= -1e-12).all()


def test_a_document_read_back_scores_the_same(card: Trained, trees: Trained, data: Dataset) -> None:
    for trained in (card, trees):
        again = ModelDocument.read(trained.document.text())
        pd.testing.assert_frame_equal(
            again.model.score(data.features), trained.document.model.score(data.features)
        )
        assert again.text() == trained.document.text()


@pytest.mark.parametrize("kind", ["scorecard", "boosted"])
def test_what_was_never_seen_and_what_is_missing_still_scores(
    kind: str, card: Trained, trees: Trained
) -> None:
    model = {"scorecard": card, "boosted": trees}[kind].document.model
    odd = pd.DataFrame(
        {"income": [None, 1e12], "late": ["many", -5], "work": ["astronaut", None], "share": [None] * 2}
    )
    scored = model.score(odd)
    assert scored["default_probability"].between(0, 1).all()


def test_useless_columns_are_left_out_and_named() -> None:
    table = borrowers(600).assign(income=1.0, late=None)
    from pathlib import Path

    from risk_models.dataset import build_dataset
    from tests.risk_models.tables import mapping

    built = build_dataset(mapping(), table, "hash", Path())
    assert built.left_out == {
        "income": "all values are equal",
        "late": "all values are missing",
        "share": "all values are missing",
    }
    assert list(built.features) == ["work"]


def test_data_that_teach_nothing_are_refused(data: Dataset) -> None:
    rng = np.random.default_rng(0)
    noise = pd.DataFrame({"income": rng.random(600), "late": rng.random(600)})
    from dataclasses import replace

    blind = replace(data.rows(np.arange(600)), features=noise)
    with pytest.raises(DataError, match="no feature tells the good from the bad"):
        train_scorecard(blind, OPTIONS)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"format": 2}, "expected a definition of format 1, got 2"),
        ({"kind": "oracle"}, "expected a model of kind scorecard or boosted, got oracle"),
        ({"weights": {}}, "the scorecard's definition is broken: KeyError"),
        ({"scale": {"base_odds": -1}}, "the scorecard's definition is broken"),
    ],
)
def test_a_broken_definition_is_refused(card: Trained, change: dict[str, object], text: str) -> None:
    with pytest.raises(ModelError, match=text):
        read_model(json.loads(json.dumps({**card.document.model.definition(), **change})))


def test_figures_equal_those_of_another_library() -> None:
    rng = np.random.default_rng(2)
    said = np.round(rng.random(700), 2) * 0.98 + 0.01
    bad = (rng.random(700) < said).astype(np.int8)
    judged = evaluate(bad, said)
    assert judged.auc == pytest.approx(roc_auc_score(bad, said))
    assert judged.average_precision == pytest.approx(average_precision_score(bad, said))
    resampled = [roc_auc_score(bad[i], said[i]) for i in (rng.integers(0, 700, 700) for _ in range(200))]
    assert judged.auc_standard_error == pytest.approx(np.std(resampled), rel=0.25)


def test_a_comparison_is_as_sure_as_the_data() -> None:
    rng = np.random.default_rng(4)
    truth = rng.normal(size=4_000)
    bad = (rng.random(4_000) < 1 / (1 + np.exp(-truth))).astype(np.int8)
    worse = truth + rng.normal(0, 1.5, 4_000)
    assert compare(bad, worse, truth).confidence > 0.999
    assert compare(bad, truth, worse).confidence < 0.001
    assert compare(bad, truth, truth).confidence == 0.5


def test_bins_count_every_row_once() -> None:
    bins = Bins((1.0, 2.0), None, (5, 5, 0, 1, 0), (1, 2, 3, 0, 0))
    values = pd.Series([0.5, 1.0, 1.999, 2.0, None, "x"])
    assert bins.index(values).tolist() == [0, 1, 1, 2, 3, 3]
    assert bins.woe()[4] == 0
    groups = Bins(None, (("a", "b"), ("c",)), (1, 1, 0, 0), (1, 1, 0, 0))
    assert groups.index(pd.Series(["b", "c", None, "z"])).tolist() == [0, 1, 2, 3]
