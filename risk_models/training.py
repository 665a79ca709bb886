"""Training: a scorecard, and gradient-boosted trees as its challenger."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import xgboost
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from risk_models.binning import find_bins
from risk_models.bins import Bins
from risk_models.calibration import fit_calibration
from risk_models.dataset import Dataset, Floats, check_classes
from risk_models.errors import DataError
from risk_models.points import PointScale
from risk_models.serving import Boosted, Model, Scorecard, boosted_matrix

INFORMATION_VALUE_MIN = 0.01
LIKELIHOOD_RATIO_MIN = 16.0
"""Of the feature that tells most; bins found in noise stay below it 99 times of 100."""
RIDGE_C = 0.3
MONOTONE = {"auto": 0, "increasing": 1, "decreasing": -1}


@dataclass(frozen=True)
class TrainingOptions:
    """How to train; the same options, seed and data give the same model."""

    seed: int = 1
    folds: int = 5
    scale: PointScale = field(default_factory=PointScale)
    depths: tuple[int, ...] = (2, 3, 4)
    rounds_max: int = 1500
    patience: int = 40
    threads: int = 1


def train_scorecard(dataset: Dataset, options: TrainingOptions) -> Scorecard:
    """Bin, weigh, calibrate.

    Features that tell next to nothing, or whose weight would turn their bins around, are left out.

    Raises:
        DataError: an outcome has too few rows, or no feature tells anything.
    """
    check_classes(dataset.bad, dataset.mapping.name)
    bins = find_bins(dataset)
    if max(found.likelihood_ratio() for found in bins.values()) < LIKELIHOOD_RATIO_MIN:
        raise _tells_nothing(dataset)
    bins = {name: found for name, found in bins.items() if found.information_value() >= INFORMATION_VALUE_MIN}
    evidence = pd.DataFrame({name: b.woe()[b.index(dataset.features[name])] for name, b in bins.items()})
    while len(evidence.columns):
        fitted = LogisticRegression(C=RIDGE_C, max_iter=1000).fit(evidence.to_numpy(), dataset.bad)
        turned = [name for name, weight in zip(evidence, fitted.coef_[0], strict=True) if weight >= 0]
        if not turned:
            return _scorecard(dataset, options, bins, evidence, fitted)
        evidence = evidence.drop(columns=turned)
    raise _tells_nothing(dataset)


def _tells_nothing(dataset: Dataset) -> DataError:
    return DataError(f"{dataset.mapping.name}: no feature tells the good from the bad; train on more of them")


def _scorecard(
    dataset: Dataset,
    options: TrainingOptions,
    bins: Mapping[str, Bins],
    evidence: pd.DataFrame,
    fitted: LogisticRegression,
) -> Scorecard:
    weights = {str(name): float(weight) for name, weight in zip(evidence, fitted.coef_[0], strict=True)}
    unseen = cross_val_predict(
        LogisticRegression(C=RIDGE_C, max_iter=1000),
        evidence.to_numpy(),
        dataset.bad,
        cv=_folds(options),
        method="decision_function",
    )
    return Scorecard(
        bins={name: bins[name] for name in weights},
        weights=weights,
        intercept=float(fitted.intercept_[0]),
        calibration=fit_calibration(unseen, dataset.bad),
        scale=options.scale,
        reasons=_reasons(dataset, list(weights)),
    )


def train_boosted(dataset: Dataset, options: TrainingOptions) -> Boosted:
    """Choose the depth and the number of trees by folds, calibrate on what each fold had not seen.

    Raises:
        DataError: an outcome has too few rows.
    """
    check_classes(dataset.bad, dataset.mapping.name)
    categories = {name: _by_risk(dataset, name) for name in dataset.categories}
    columns = tuple(map(str, dataset.features.columns))
    matrix = boosted_matrix(dataset.features, columns, categories)
    tried = [_try(dataset, options, matrix, depth) for depth in options.depths]
    depth, rounds, unseen = max(tried, key=lambda one: one[3])[:3]
    data = xgboost.DMatrix(matrix, dataset.bad)
    booster = xgboost.train(_parameters(dataset, options, depth), data, num_boost_round=rounds)
    return Boosted(
        columns=columns,
        categories=categories,
        boosters=(booster,),
        calibration=fit_calibration(unseen, dataset.bad),
        scale=options.scale,
        reasons=_reasons(dataset, list(columns)),
    )


def _try(
    dataset: Dataset, options: TrainingOptions, matrix: Floats, depth: int
) -> tuple[int, int, Floats, float]:
    """Return depth, rounds, log-odds of unseen rows, and how well these fit (greater is better)."""
    parameters = _parameters(dataset, options, depth)
    parts = list(_folds(options).split(matrix, dataset.bad))
    rounds = []
    for train, test in parts:
        watched = [(xgboost.DMatrix(matrix[test], dataset.bad[test]), "unseen")]
        booster = xgboost.train(
            parameters,
            xgboost.DMatrix(matrix[train], dataset.bad[train]),
            num_boost_round=options.rounds_max,
            evals=watched,
            early_stopping_rounds=options.patience,
            verbose_eval=False,
        )
        rounds.append(booster.best_iteration + 1)
    chosen = round(float(np.mean(rounds)))
    unseen = np.empty(len(dataset))
    for train, test in parts:
        data = xgboost.DMatrix(matrix[train], dataset.bad[train])
        booster = xgboost.train(parameters, data, num_boost_round=chosen)
        unseen[test] = booster.inplace_predict(matrix[test], predict_type="margin")
    fit = -float(np.logaddexp(0, np.where(dataset.bad == 1, -unseen, unseen)).mean())
    return depth, chosen, unseen, fit


def _parameters(dataset: Dataset, options: TrainingOptions, depth: int) -> dict[str, object]:
    mapped = dataset.mapping.features
    directions = [MONOTONE[mapped[name].risk] if name in mapped else 0 for name in dataset.features]
    return {
        "objective": "binary:logistic",
        "eval_metric": "logloss",
        "tree_method": "hist",
        "max_depth": depth,
        "eta": 0.04,
        "subsample": 0.7,
        "colsample_bytree": 0.4,
        "min_child_weight": max(1.0, len(dataset) / 4000),
        "lambda": 5.0,
        "monotone_constraints": "(" + ",".join(map(str, directions)) + ")",
        "seed": options.seed,
        "nthread": options.threads,
    }


def _by_risk(dataset: Dataset, name: str) -> tuple[str, ...]:
    """Categories from the safest to the riskiest, so that one split tells them apart."""
    rates = pd.Series(dataset.bad).groupby(dataset.features[name].astype(str)[dataset.features[name].notna()])
    smooth = (rates.sum() + 10 * dataset.bad.mean()) / (rates.count() + 10)
    return tuple(map(str, smooth.sort_values(kind="stable").index))


def _reasons(dataset: Dataset, names: list[str]) -> dict[str, str]:
    told = dataset.mapping.reasons()
    return {name: told.get(name, f"The economy: {name}") for name in names}


def _folds(options: TrainingOptions) -> StratifiedKFold:
    return StratifiedKFold(options.folds, shuffle=True, random_state=options.seed)


TRAINERS: Mapping[str, Callable[[Dataset, TrainingOptions], Model]] = {
    "scorecard": train_scorecard,
    "boosted": train_boosted,
}


def cross_validate(
    dataset: Dataset, kind: str, options: TrainingOptions, *, folds: int = 5
) -> tuple[Floats, NDArray[np.int64]]:
    """Return each row's probability by a model that had not seen it, and the row's fold.

    Everything is fitted inside the fold: bins, order of categories, depth, calibration.
    """
    probability, fold = np.empty(len(dataset)), np.empty(len(dataset), dtype=np.int64)
    splitter = StratifiedKFold(folds, shuffle=True, random_state=options.seed)
    for number, (train, test) in enumerate(splitter.split(np.zeros(len(dataset)), dataset.bad)):
        model = TRAINERS[kind](dataset.rows(train), options)
        scored = model.score(dataset.features.iloc[test])
        probability[test], fold[test] = scored["default_probability"].to_numpy(), number
    return probability, fold
