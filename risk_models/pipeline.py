"""From a data set to a model's document with its figures on held-out rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from contract.code_version import code_version
from risk_models.dataset import Dataset, Floats
from risk_models.document import ModelDocument, Training
from risk_models.drift import Reference
from risk_models.evaluation import Evaluation, evaluate
from risk_models.fairness import GroupFigures, judge_groups
from risk_models.held_out import Split, split
from risk_models.training import TRAINERS, TrainingOptions, cross_validate


@dataclass(frozen=True)
class Trained:
    """A trained model and how it did on the rows that were held out of its training.

    ``cut_off`` is the probability that a policy approving as many as are good would decline above.
    """

    document: ModelDocument
    evaluation: Evaluation
    groups: list[GroupFigures]
    held_out: Dataset
    probability: Floats
    cut_off: float


def train(dataset: Dataset, kind: str, options: TrainingOptions) -> Trained:
    """Train one kind of model.

    Raises:
        DataError: the data can't train or judge a model.
    """
    parts = split(dataset)
    model = TRAINERS[kind](parts.training, options)
    scored = model.score(parts.held_out.features)
    probability = scored["default_probability"].to_numpy(dtype=np.float64)
    evaluation = evaluate(parts.held_out.bad, probability)
    used = parts.training.features[list(model.features)]
    trained = model.score(parts.training.features)
    document = ModelDocument(
        mapping=dataset.mapping,
        kind=kind,
        model=model,
        training=_training(dataset, parts, options),
        reference=Reference.of(used, trained["score"]),
        figures={name: float(value) for name, value in evaluation.as_json().items()},
    )
    cut_off = float(np.quantile(trained["default_probability"], 1 - parts.training.bad.mean()))
    groups = judge_groups(parts.held_out.groups, parts.held_out.bad, probability, cut_off)
    return Trained(document, evaluation, groups, parts.held_out, probability, cut_off)


def _training(dataset: Dataset, parts: Split, options: TrainingOptions) -> Training:
    return Training(
        data_hash=dataset.data_hash,
        code_version=code_version(),
        seed=options.seed,
        rows=len(parts.training),
        bad=int(parts.training.bad.sum()),
        trained_until=parts.trained_until,
        left_out=dataset.left_out,
    )


@dataclass(frozen=True)
class CrossValidated:
    """The AUC of each fold, all fitted without it; the standard error is over the folds."""

    kind: str
    fold_aucs: tuple[float, ...]
    pooled: Evaluation

    @property
    def auc(self) -> float:
        """Mean over the folds."""
        return float(np.mean(self.fold_aucs))

    @property
    def standard_error(self) -> float:
        """Standard error of the mean over the folds."""
        return float(np.std(self.fold_aucs, ddof=1) / np.sqrt(len(self.fold_aucs)))


def cross_validated(dataset: Dataset, kind: str, options: TrainingOptions, folds: int = 5) -> CrossValidated:
    """Judge a kind of model by folds."""
    probability, fold = cross_validate(dataset, kind, options, folds=folds)
    aucs = [evaluate(dataset.bad[fold == n], probability[fold == n]).auc for n in range(folds)]
    return CrossValidated(kind, tuple(aucs), evaluate(dataset.bad, probability))
