"""What the fraud score is told of: its figures week by week, its document and card."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from contract.code_version import code_version
from risk_models.document import ModelDocument, Registered, Training
from risk_models.drift import Reference
from risk_models.errors import DataError
from risk_models.fraud import (
    BOOSTERS,
    FraudFigures,
    Protocol,
    judge,
    judged_rows,
    train_fraud,
    training_rows,
)
from risk_models.fraud_features import Transactions
from risk_models.mapping import FeatureMapping, Mapping, Target
from risk_models.promotion import CONFIDENCE, Verdict, compare_probabilities
from risk_models.published import FRAUD_MODEL
from risk_models.registry import Registry

MEASURES = ("auc", "average_precision", "card_precision")


def fraud_summary(figures: Sequence[FraudFigures]) -> Iterator[str]:
    """Yield one line a test week, then the means with their standard errors over the weeks."""
    yield "| test week from | transactions | frauds | AUC | average precision | card precision at 100 |"
    yield "|---|---|---|---|---|---|"
    for week in figures:
        measured = " | ".join(f"{getattr(week, name):.4f}" for name in MEASURES)
        yield f"| {week.test_from} | {week.transactions:,} | {week.frauds:,} | {measured} |"
    if len(figures) > 1:
        yield f"| mean ± standard error | | | {' | '.join(_mean(figures, name) for name in MEASURES)} |"


def register_fraud(
    registry: Registry,
    data_hash: str,
    rows: Transactions,
    features: pd.DataFrame,
    protocol: Protocol,
    boosters: int = BOOSTERS,
) -> Registered:
    """Train on the protocol's training week, judge on its test week, and register the model."""
    document, judged = fraud_document(data_hash, rows, features, protocol, boosters)
    return registry.register(document, _card(document, judged))


def fraud_document(
    data_hash: str, rows: Transactions, features: pd.DataFrame, protocol: Protocol, boosters: int
) -> tuple[ModelDocument, FraudFigures]:
    """Train and judge, and return the model with all that has to be known of it."""
    model = train_fraud(rows, features, protocol, boosters)
    chosen, learnt = judged_rows(rows, protocol), np.flatnonzero(training_rows(rows, protocol))
    judged = judge(rows, chosen, model.log_odds(features[chosen]), protocol)
    used = features.iloc[learnt].reset_index(drop=True)
    training = Training(
        data_hash=data_hash,
        code_version=code_version(),
        seed=1,
        rows=len(learnt),
        bad=int(rows.is_fraud[learnt].sum()),
        trained_until=judged.test_from,
    )
    document = ModelDocument(
        mapping=_mapping(features),
        kind="boosted",
        model=model,
        training=training,
        reference=Reference.of(used, model.score(used)["score"]),
        figures={name: float(getattr(judged, name)) for name in MEASURES},
    )
    return document, judged


def judge_fraud_challenger(
    rows: Transactions,
    features: pd.DataFrame,
    protocol: Protocol,
    champion: ModelDocument | None,
    challenger: ModelDocument,
    confidence: float = CONFIDENCE,
) -> Verdict:
    """Compare both on the protocol's test days, which neither has learnt from.

    Raises:
        DataError: one of them has.
    """
    chosen = judged_rows(rows, protocol)
    for document in (champion, challenger):
        if document and str(document.training.trained_until) > protocol.test_from.isoformat():
            raise DataError(
                f"{document.name}: one of both learnt from labels up to {document.training.trained_until}; "
                f"expected judged days after that, got those from {protocol.test_from} on: see --test-from"
            )
    judged = features[chosen]
    before = champion.probability(judged) if champion else None
    said = challenger.probability(judged)
    return compare_probabilities(rows.is_fraud[chosen], before, said, confidence)


def _mapping(features: pd.DataFrame) -> Mapping:
    return Mapping(
        name=FRAUD_MODEL,
        about="Fraud score of card transactions on the windows of risk_models/fraud_features.py.",
        target=Target(column="is_fraud", bad=["1"], good=["0"]),
        features={
            str(name): FeatureMapping(column=str(name), reason=str(name).replace("_", " "))
            for name in features
        },
    )


def _card(document: ModelDocument, judged: FraudFigures) -> str:
    training = document.training
    lines = [f"# {document.name}", "", document.mapping.about, ""]
    lines += [f"Trained on {training.rows:,} transactions, {training.bad:,} of them fraud, by code"]
    lines += [f"`{training.code_version}` on data `{training.data_hash}`.", ""]
    lines += [
        "It ranks transactions for people to check; it blocks nobody. Cards known to be compromised are",
        "",
    ]
    lines += ["left out of its figures. Labels count from the moment at which they were known.", ""]
    return (
        "\n".join([*lines, *fraud_summary([judged]), "", "Features: " + ", ".join(document.model.features)])
        + "\n"
    )


def _mean(figures: Sequence[FraudFigures], name: str) -> str:
    values = np.array([getattr(week, name) for week in figures])
    return f"{values.mean():.4f} ± {values.std(ddof=1) / np.sqrt(len(values)):.4f}"
