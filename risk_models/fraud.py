"""The fraud score of card transactions, trained and judged as time passes.

The protocol is that of the *Fraud Detection Handbook* (Y.-A. Le Borgne et al., 2022), chapters 3 to 5:
train on a week, wait the week in which labels arrive, judge on the week after, and leave out the
cards that were known to be compromised. Prequential: the same for weeks one after the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
import xgboost
from numpy.typing import NDArray

from risk_models.calibration import fit_calibration
from risk_models.errors import DataError
from risk_models.evaluation import average_precision, delong
from risk_models.fraud_features import NEVER_MS, Transactions
from risk_models.points import PointScale
from risk_models.serving import Boosted
from risk_models.sliding import DAY_MS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

EPOCH = date(1970, 1, 1)
CARDS_CHECKED_A_DAY = 100
BOOSTERS = 10
"""Boosters whose mean is the score: of one alone, the seed moves the list of cards by some places."""
ROUNDS = 150
KNOWN_MIN = 20


@dataclass(frozen=True)
class Protocol:
    """Days of training, of waiting for labels, and of judging, from ``start`` on."""

    start: date
    train_days: int = 7
    delay_days: int = 7
    test_days: int = 7

    @property
    def first_day(self) -> int:
        """First day of training, in days since the epoch."""
        return (self.start - EPOCH).days

    @property
    def test_first_day(self) -> int:
        """First day that is judged, in days since the epoch."""
        return self.first_day + self.train_days + self.delay_days

    @property
    def test_from(self) -> date:
        """First day that is judged."""
        return EPOCH + timedelta(days=self.test_first_day)

    @classmethod
    def judging_from(cls, test_from: date) -> Protocol:
        """Return the Handbook's protocol with another first day that is judged."""
        return cls(test_from - timedelta(days=cls.train_days + cls.delay_days))

    def earlier(self, weeks: int) -> Protocol:
        """Return the same protocol, some test periods earlier."""
        start = self.start - timedelta(days=weeks * self.test_days)
        return Protocol(start, self.train_days, self.delay_days, self.test_days)


HANDBOOK_PROTOCOL = Protocol(date(2018, 7, 25))


@dataclass(frozen=True)
class FraudFigures:
    """How good a fraud score was in one test period."""

    test_from: str
    transactions: int
    frauds: int
    auc: float
    average_precision: float
    card_precision: float


def train_fraud(
    rows: Transactions, features: pd.DataFrame, protocol: Protocol, boosters: int = BOOSTERS
) -> Boosted:
    """Train on the transactions of the training days whose labels are known when judging begins.

    The seeds of the boosters are 1, 2, ...; calibrated are they on the customers that each half of them
    was not trained on.

    Raises:
        DataError: too few frauds, or genuine transactions, were known.
    """
    chosen = np.flatnonzero(training_rows(rows, protocol))
    frauds = int(rows.is_fraud[chosen].sum())
    for count, what in ((frauds, "frauds"), (len(chosen) - frauds, "genuine transactions")):
        if count < KNOWN_MIN:
            raise DataError(
                f"expected at least {KNOWN_MIN} known {what} from {protocol.start} on, got {count}"
            )
    matrix, is_fraud = features.iloc[chosen].to_numpy(), rows.is_fraud[chosen]
    half = rows.customer[chosen] % 2 == 0
    unseen = np.empty(len(chosen))
    for part in (half, ~half):
        trained = _boost(matrix[~part], is_fraud[~part], boosters)
        unseen[part] = np.mean(
            [one.inplace_predict(matrix[part], predict_type="margin") for one in trained], axis=0
        )
    return Boosted(
        columns=tuple(map(str, features.columns)),
        categories={},
        boosters=_boost(matrix, is_fraud, boosters),
        calibration=fit_calibration(unseen, is_fraud),
        scale=PointScale(),
        reasons={str(name): str(name).replace("_", " ") for name in features.columns},
    )


def _boost(matrix: Floats, is_fraud: NDArray[np.int8], boosters: int) -> tuple[xgboost.Booster, ...]:
    parameters = {
        "objective": "binary:logistic",
        "tree_method": "hist",
        "max_depth": 3,
        "eta": 0.06,
        "subsample": 0.6,
        "colsample_bynode": 0.4,
        "min_child_weight": 2.0,
        "lambda": 3.0,
        "nthread": 1,
    }
    data = xgboost.DMatrix(matrix, is_fraud)
    return tuple(
        xgboost.train(parameters | {"seed": seed}, data, num_boost_round=ROUNDS)
        for seed in range(1, boosters + 1)
    )


def training_rows(rows: Transactions, protocol: Protocol) -> Flags:
    """Which rows one may learn from: made in the training days, label known when judging begins."""
    in_days = (rows.day >= protocol.first_day) & (rows.day < protocol.first_day + protocol.train_days)
    known = rows.known_ms < protocol.test_first_day * DAY_MS
    return np.asarray(in_days & known)


def judged_rows(rows: Transactions, protocol: Protocol) -> Flags:
    """Which rows are judged: those of the test days with a label whose card was not known to be compromised.

    Known are the cards with a fraud in the training days, and each day those of one more day
    of the waiting period, as the Handbook does it.
    """
    chosen = np.zeros(len(rows), dtype=bool)
    trained = (rows.day >= protocol.first_day) & (rows.day < protocol.first_day + protocol.train_days)
    compromised = set(rows.customer[trained & (rows.is_fraud == 1)].tolist())
    for number in range(protocol.test_days):
        came_known = (rows.day == protocol.first_day + protocol.train_days + number - 1) & (
            rows.is_fraud == 1
        )
        compromised |= set(rows.customer[came_known].tolist())
        today = rows.day == protocol.test_first_day + number
        chosen |= today & ~np.isin(rows.customer, np.fromiter(compromised, dtype=np.int64))
    return np.asarray(chosen & (rows.known_ms < NEVER_MS))


def judge(rows: Transactions, chosen: Flags, score: Floats, protocol: Protocol) -> FraudFigures:
    """Judge scores of the ``chosen`` rows."""
    is_fraud = rows.is_fraud[chosen]
    return FraudFigures(
        test_from=protocol.test_from.isoformat(),
        transactions=int(chosen.sum()),
        frauds=int(is_fraud.sum()),
        auc=float(delong(is_fraud, score[None, :])[0][0]),
        average_precision=average_precision(is_fraud, score),
        card_precision=card_precision(rows.day[chosen], rows.customer[chosen], is_fraud, score),
    )


def card_precision(
    day: Ints, customer: Ints, is_fraud: NDArray[np.int8], score: Floats, k: int = CARDS_CHECKED_A_DAY
) -> float:
    """Return the mean over days of the share of frauds among the ``k`` riskiest cards of the day.

    A card's risk is that of its riskiest transaction; a card that was found is not checked again.
    """
    table = pd.DataFrame({"day": day, "customer": customer, "is_fraud": is_fraud, "score": score})
    found: set[int] = set()
    shares = []
    for _, today in table.groupby("day"):
        open_cards = today[~today.customer.isin(found)].groupby("customer")[["score", "is_fraud"]].max()
        checked = open_cards.sort_values("score", ascending=False, kind="stable").head(k)
        hits = checked.index[checked.is_fraud == 1]
        found |= set(map(int, hits))
        shares.append(len(hits) / k)
    return float(np.mean(shares))


def prequential(
    rows: Transactions,
    features: pd.DataFrame,
    protocol: Protocol = HANDBOOK_PROTOCOL,
    folds: int = 4,
    boosters: int = BOOSTERS,
) -> list[FraudFigures]:
    """Train and judge for ``folds`` test periods, the newest first."""
    figures = []
    for weeks in range(folds):
        fold = protocol.earlier(weeks)
        model = train_fraud(rows, features, fold, boosters)
        chosen = judged_rows(rows, fold)
        figures.append(judge(rows, chosen, model.log_odds(features[chosen]), fold))
    return figures
