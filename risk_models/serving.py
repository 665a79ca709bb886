"""Models as they score: read from their definition, applied with numpy and pandas.

A definition is JSON, so that a model is data: it can be hashed, stored in the warehouse, read by
people, and runs no code of its own. Only a boosted model needs a library, XGBoost.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from risk_models.bins import Bins
from risk_models.calibration import Calibration
from risk_models.errors import ModelError
from risk_models.points import PointScale

Floats = NDArray[np.float64]

DEFINITION_FORMAT = 1
REASONS_MAX = 4


class Model(Protocol):
    """Anything that scores applicants."""

    @property
    def features(self) -> tuple[str, ...]:
        """The columns that it reads."""

    def probability(self, features: pd.DataFrame) -> Floats:
        """Return the calibrated probability of bad of each row."""

    def score(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return ``default_probability``, ``score`` and ``reason_codes`` for each row."""

    def definition(self) -> dict[str, Any]:
        """Return the model as plain data."""


@dataclass(frozen=True)
class Scorecard:
    """A scorecard: for each feature the points of its bins, and the points that everybody gets.

    ``weights`` multiply the weight of evidence in the log-odds of bad.
    """

    bins: dict[str, Bins]
    weights: dict[str, float]
    intercept: float
    calibration: Calibration
    scale: PointScale
    reasons: dict[str, str]

    @property
    def features(self) -> tuple[str, ...]:
        """The columns that it reads."""
        return tuple(self.bins)

    def log_odds(self, features: pd.DataFrame) -> Floats:
        """Return the log-odds of bad before calibration."""
        total = np.full(len(features), self.intercept)
        for name, bins in self.bins.items():
            total += self.weights[name] * bins.woe()[bins.index(features[name])]
        return total

    def probability(self, features: pd.DataFrame) -> Floats:
        """Return the calibrated probability of bad."""
        return self.calibration.probability(self.log_odds(features))

    @property
    def base_points(self) -> int:
        """Points that everybody gets."""
        log_odds = self.calibration.intercept + self.calibration.slope * self.intercept
        return round(float(self.scale.points(np.array([log_odds]))[0]))

    def bin_points(self, name: str) -> NDArray[np.int64]:
        """Return the points of each bin of a feature, the last two for missing and unseen."""
        log_odds = self.calibration.slope * self.weights[name] * self.bins[name].woe()
        points: NDArray[np.int64] = np.rint(-self.scale.factor * log_odds).astype(np.int64)
        return points

    def score(self, features: pd.DataFrame) -> pd.DataFrame:
        """Score rows: the score is exactly the sum of the points."""
        points = {name: self.bin_points(name)[bins.index(features[name])] for name, bins in self.bins.items()}
        lost = pd.DataFrame(
            {name: self._usual_points(name) - given for name, given in points.items()}, index=features.index
        )
        return pd.DataFrame(
            {
                "default_probability": self.probability(features),
                "score": self.base_points + sum(points.values(), np.zeros(len(features), dtype=np.int64)),
                "reason_codes": reason_codes(lost),
            },
            index=features.index,
        )

    def _usual_points(self, name: str) -> float:
        return float((self.bins[name].shares() * self.bin_points(name)).sum())

    def definition(self) -> dict[str, Any]:
        """Return the scorecard as plain data."""
        return {
            "format": DEFINITION_FORMAT,
            "kind": "scorecard",
            "bins": {name: bins.as_json() for name, bins in self.bins.items()},
            "weights": self.weights,
            "intercept": self.intercept,
            "calibration": vars(self.calibration),
            "scale": self.scale.as_json(),
            "reasons": self.reasons,
        }


@dataclass(frozen=True)
class Boosted:
    """Gradient-boosted trees: the mean of the log-odds of ``boosters``, which are one or several.

    A category is the place of its entry in ``categories``.
    """

    columns: tuple[str, ...]
    categories: dict[str, tuple[str, ...]]
    boosters: tuple[Any, ...]
    calibration: Calibration
    scale: PointScale
    reasons: dict[str, str]

    @property
    def features(self) -> tuple[str, ...]:
        """The columns that it reads."""
        return self.columns

    def matrix(self, features: pd.DataFrame) -> Floats:
        """Return the numbers that the trees read; what is missing or was never seen is NaN."""
        return boosted_matrix(features, self.columns, self.categories)

    def log_odds(self, features: pd.DataFrame) -> Floats:
        """Return the log-odds of bad before calibration."""
        matrix = self.matrix(features)
        margins = [booster.inplace_predict(matrix, predict_type="margin") for booster in self.boosters]
        return np.asarray(np.mean(margins, axis=0, dtype=np.float64))

    def probability(self, features: pd.DataFrame) -> Floats:
        """Return the calibrated probability of bad."""
        return self.calibration.probability(self.log_odds(features))

    def contributions(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return what each feature adds to the log-odds (TreeSHAP), and ``bias``; rows sum to them.

        S. Lundberg, S.-I. Lee, *Consistent individualized feature attribution for tree ensembles*,
        arXiv:1802.03888.
        """
        import xgboost

        data = xgboost.DMatrix(self.matrix(features), feature_names=list(self.columns))
        values = np.mean([booster.predict(data, pred_contribs=True) for booster in self.boosters], axis=0)
        return pd.DataFrame(values, columns=[*self.columns, "bias"], index=features.index)

    def score(self, features: pd.DataFrame) -> pd.DataFrame:
        """Score rows; reasons are the features that raise the risk most."""
        raw = self.log_odds(features)
        log_odds = self.calibration.log_odds(raw)
        raised = self.contributions(features).drop(columns="bias")
        return pd.DataFrame(
            {
                "default_probability": self.calibration.probability(raw),
                "score": np.rint(self.scale.points(log_odds)).astype(np.int64),
                "reason_codes": reason_codes(raised),
            },
            index=features.index,
        )

    def definition(self) -> dict[str, Any]:
        """Return the model as plain data."""
        return {
            "format": DEFINITION_FORMAT,
            "kind": "boosted",
            "columns": list(self.columns),
            "categories": {name: list(values) for name, values in self.categories.items()},
            "boosters": [json.loads(booster.save_raw("json").decode()) for booster in self.boosters],
            "calibration": vars(self.calibration),
            "scale": self.scale.as_json(),
            "reasons": self.reasons,
        }


def boosted_matrix(
    features: pd.DataFrame, columns: tuple[str, ...], categories: dict[str, tuple[str, ...]]
) -> Floats:
    """Return the features as numbers, one column each."""
    filled = []
    for name in columns:
        if name in categories:
            places = {value: float(place) for place, value in enumerate(categories[name])}
            values = [places.get(str(value), np.nan) for value in features[name]]
            filled.append(np.array(values, dtype=np.float64))
        else:
            numbers = pd.to_numeric(features[name], errors="coerce")
            filled.append(numbers.to_numpy(dtype=np.float64, na_value=np.nan))
    return np.column_stack(filled)


def reason_codes(raised: pd.DataFrame) -> list[list[str]]:
    """Return for each row the features that cost most, at most four, the costliest first."""
    names, values = raised.columns.to_numpy(), raised.to_numpy(dtype=np.float64)
    order = np.argsort(-values, axis=1, kind="stable")[:, :REASONS_MAX]
    return [
        [str(names[place]) for place in places if row[place] > 0]
        for row, places in zip(values, order, strict=True)
    ]


def read_model(definition: dict[str, Any]) -> Model:
    """Make a model of its definition.

    Raises:
        ModelError: it isn't one that this code can score with.
    """
    if definition.get("format") != DEFINITION_FORMAT:
        raise ModelError(
            f"expected a definition of format {DEFINITION_FORMAT}, got {definition.get('format')}"
        )
    readers = {"scorecard": _read_scorecard, "boosted": _read_boosted}
    kind = definition.get("kind")
    if kind not in readers:
        raise ModelError(f"expected a model of kind {' or '.join(readers)}, got {kind}")
    try:
        return readers[kind](definition)
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"the {kind}'s definition is broken: {type(error).__name__} {error}") from None


def _read_scorecard(definition: dict[str, Any]) -> Model:
    bins = {name: Bins.from_json(data) for name, data in definition["bins"].items()}
    weights = {name: float(definition["weights"][name]) for name in bins}
    return Scorecard(bins, weights, float(definition["intercept"]), *_ending(definition))


def _read_boosted(definition: dict[str, Any]) -> Model:
    try:
        import xgboost
    except ImportError:
        raise ModelError("XGBoost is not installed here: run `make models`") from None
    columns = tuple(definition["columns"])
    categories = {name: tuple(values) for name, values in definition["categories"].items()}
    try:
        boosters = tuple(map(_read_booster, _trees(definition)))
    except xgboost.core.XGBoostError as error:
        raise ModelError(f"XGBoost can't read the trees: {str(error).splitlines()[0]}") from None
    return Boosted(columns, categories, boosters, *_ending(definition))


def _trees(definition: dict[str, Any]) -> list[Any]:
    """Return the trees of each booster; a document from before there could be several names one."""
    trees = definition["boosters"] if "boosters" in definition else [definition["booster"]]
    if not trees:
        raise ValueError("it has no trees")
    return list(trees)


def _read_booster(trees: Any) -> Any:
    import xgboost

    booster = xgboost.Booster()
    booster.load_model(bytearray(json.dumps(trees).encode()))
    return booster


def _ending(definition: dict[str, Any]) -> tuple[Calibration, PointScale, dict[str, str]]:
    calibration = Calibration(**{name: float(value) for name, value in definition["calibration"].items()})
    return calibration, PointScale(**definition["scale"]), dict(definition["reasons"])
