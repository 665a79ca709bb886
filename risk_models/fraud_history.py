"""The fraud score of the lake's transactions, inside Spark's Python workers.

Two steps, for what a customer and what a terminal needs lie in different rows: first all rows of some
customers, then the labelled rows of some terminals with what the first step found. The features are
those of ``risk_models/fraud_features.py``, as in training.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from risk_models.fraud_features import NEVER_MS, Transactions, customer_features, terminal_features
from risk_models.scoring_rows import read_document

CENTS = 100


def as_transactions(rows: pd.DataFrame) -> Transactions:
    """Return rows that stand in the order of time and id; a column that they lack does not matter."""
    none = pd.Series(0, index=rows.index)
    return Transactions(
        id=np.arange(len(rows), dtype=np.int64),
        time_ms=rows["event_time_ms"].to_numpy(np.int64),
        customer=_codes(rows.get("user_id", none)),
        terminal=_codes(rows.get("merchant_id", none)),
        amount=rows.get("amount_cents", none).to_numpy(np.float64) / CENTS,
        is_fraud=rows["is_fraud"].to_numpy(np.int8),
        known_ms=rows["known_ms"].to_numpy(np.int64),
    )


def _codes(keys: pd.Series) -> NDArray[np.int64]:
    return np.asarray(pd.factorize(keys)[0], dtype=np.int64)


def ordered_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows in the order of time and id."""
    return rows.sort_values(["event_time_ms", "transaction_id"], ignore_index=True)


_ONE = pd.DataFrame({"event_time_ms": [0], "is_fraud": [0], "known_ms": [NEVER_MS]})
CUSTOMER_FEATURES = tuple(customer_features(as_transactions(_ONE)))
KEPT = ("transaction_id", "merchant_id", "event_time_ms", "is_fraud", "known_ms", "is_new")


def customer_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the new rows and the frauds among all rows of some customers, with the customer's features."""
    ordered = ordered_rows(rows)
    features = pd.DataFrame(customer_features(as_transactions(ordered)))
    found = pd.concat([ordered[list(KEPT)], features], axis=1)
    return found[found["is_new"] | (found["is_fraud"] == 1)]


def terminal_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the new rows among the labelled and new ones of some terminals, with all their features."""
    ordered = ordered_rows(rows)
    usual = ordered["amount_to_typical"].to_numpy(np.float64)
    features = pd.DataFrame(terminal_features(as_transactions(ordered), usual))
    found = pd.concat([ordered[["transaction_id", "is_new", *CUSTOMER_FEATURES]], features], axis=1)
    return found[found["is_new"]].drop(columns="is_new").reset_index(drop=True)


def score_terminals(text: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Score the new rows of some terminals by the model whose document is ``text``.

    Whatever goes wrong becomes the rows' ``failure``: a model must never fail the run.
    """
    new = terminal_rows(rows)
    try:
        probability = read_document(text).probability(new) if len(new) else np.empty(0)
        failure = None if np.isfinite(probability).all() else "the model gave a probability that is no number"
    except Exception as error:  # whatever a broken model raises
        first = str(error).splitlines()[0] if str(error) else "no text"
        probability, failure = np.full(len(new), np.nan), f"{type(error).__name__}: {first}"
    return pd.DataFrame(
        {
            "transaction_id": new["transaction_id"].to_numpy(),
            "fraud_probability": probability,
            "failure": pd.Series([failure] * len(new), dtype=object),
        }
    )
