"""The registry, and how a challenger becomes champion."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

from risk_models import cli
from risk_models.card import write_card
from risk_models.dataset import Dataset
from risk_models.document import ModelDocument
from risk_models.errors import DataError, RegistryError
from risk_models.pipeline import train
from risk_models.promotion import judge_challenger
from risk_models.registry import Registry
from risk_models.training import TrainingOptions
from tests.risk_models.tables import MAPPING, borrowers, dataset

OPTIONS = TrainingOptions(folds=3)


@pytest.fixture(scope="module")
def data() -> Dataset:
    return dataset(3_000)


@pytest.fixture(scope="module")
def good(data: Dataset) -> ModelDocument:
    return train(data, "scorecard", OPTIONS).document


@pytest.fixture(scope="module")
def poor(data: Dataset) -> ModelDocument:
    """A scorecard that knows one feature alone."""
    return train(replace(data, features=data.features[["work"]]), "scorecard", OPTIONS).document


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    folder = tmp_path_factory.mktemp("registry")
    return Registry(f"sqlite:///{folder}/mlflow.db", (folder / "artifacts").as_uri())


def test_a_better_model_is_promoted_and_a_worse_one_is_not(
    data: Dataset, good: ModelDocument, poor: ModelDocument
) -> None:
    better = judge_challenger(data, poor, good)
    assert better.promoted
    assert better.confidence > 0.95
    assert better.difference > 0.05
    worse = judge_challenger(data, good, poor)
    assert not worse.promoted
    assert "refused: expected a confidence of at least 0.95" in worse.why
    assert not judge_challenger(data, good, good).promoted


def test_the_first_model_has_to_beat_chance(data: Dataset, poor: ModelDocument) -> None:
    assert judge_challenger(data, None, poor).promoted
    shuffled = replace(data, bad=np.random.default_rng(1).permutation(data.bad))
    assert not judge_challenger(shuffled, None, poor, confidence=0.999).promoted


def test_a_model_that_ranks_better_but_lies_about_the_odds_is_refused(
    data: Dataset, good: ModelDocument, poor: ModelDocument
) -> None:
    off = replace(good, model=replace(good.model, calibration=replace(good.model.calibration, intercept=2.0)))  # type: ignore[type-var, attr-defined]
    verdict = judge_challenger(data, poor, off)
    assert not verdict.promoted
    assert "its probabilities are off by" in verdict.why


def test_models_are_compared_on_rows_that_neither_has_seen(
    data: Dataset, good: ModelDocument, poor: ModelDocument
) -> None:
    assert data.dates is not None
    later = data.dates.sort_values().iloc[2_700].isoformat()
    newer = replace(good, training=replace(good.training, trained_until=later))
    assert judge_challenger(data, poor, newer).rows == int((data.dates >= later).sum())


def test_data_of_another_mapping_are_refused(data: Dataset, good: ModelDocument) -> None:
    other = replace(good, mapping=good.mapping.model_copy(update={"name": "other"}))
    with pytest.raises(DataError, match="expected the data of other, got those of borrowers"):
        judge_challenger(data, None, other)


def test_the_registry_keeps_versions_figures_cards_and_the_champion(
    registry: Registry, data: Dataset, good: ModelDocument, poor: ModelDocument
) -> None:
    trained = train(data, "scorecard", OPTIONS)
    first, second = registry.register(poor, "# poor"), registry.register(good, write_card(trained))
    assert (first.version, second.version, registry.newest("borrowers")) == (1, 2, 2)
    assert registry.champion("borrowers") is None
    registry.make_champion(second, judge_challenger(data, poor, good).tags())
    champion = registry.champion("borrowers")
    assert champion is not None
    assert (champion.version, champion.text) == (2, good.text())
    assert [(row[1], row[3]) for row in registry.versions()] == [(1, False), (2, True)]
    assert registry.versions()[1][4]["auc"] == pytest.approx(good.figures["auc"])
    card = registry.card("borrowers", 2)
    for part in ("## Calibration", "## Groups", "| town | north |", "## Points", data.data_hash):
        assert part in card


def test_a_document_that_was_changed_is_refused(
    registry: Registry, good: ModelDocument, tmp_path: Path
) -> None:
    registered = registry.register(good, "# card")
    root = Path(str(registry.artifact_uri).removeprefix("file://"))
    newest = max(root.rglob("model.json"), key=lambda file: file.stat().st_mtime_ns)
    newest.write_text(registered.text.replace('"seed":1', '"seed":2'))
    with pytest.raises(RegistryError, match="has changed since it was registered"):
        registry.read("borrowers", registered.version)


def test_what_is_not_there_is_one_line(registry: Registry) -> None:
    with pytest.raises(
        RegistryError, match="no version is registered; run `python -m risk_models train nobody`"
    ):
        registry.newest("nobody")
    with pytest.raises(RegistryError, match="MLFLOW_TRACKING_URI: ") as caught:
        registry.read("borrowers", 99)
    assert "\n" not in str(caught.value)


def test_the_command_trains_promotes_and_refuses_the_same_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    borrowers(1_500).to_csv(tmp_path / "data.csv", index=False)
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(MAPPING))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    monkeypatch.setenv("MODEL_ARTIFACT_URI", (tmp_path / "artifacts").as_uri())
    given = [str(tmp_path / "mine.yaml"), "--data", str(tmp_path / "data.csv")]
    runner = CliRunner()
    trained = runner.invoke(cli.app, ["train", *given, "--kind", "scorecard"], catch_exceptions=False)
    assert "borrowers version 1 (scorecard): AUC 0." in trained.output
    promoted = runner.invoke(cli.app, ["promote", *given], catch_exceptions=False)
    assert "better than no model with confidence" in promoted.output
    assert "borrowers" in runner.invoke(cli.app, ["list"], catch_exceptions=False).output
    monkeypatch.setattr(sys, "argv", ["risk_models", "promote", *given])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
