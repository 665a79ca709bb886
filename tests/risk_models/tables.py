"""Made-up borrowers and transactions whose risk is known, to train on in seconds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from risk_models.dataset import Dataset, build_dataset
from risk_models.fraud_features import Transactions
from risk_models.mapping import Mapping
from risk_models.sliding import DAY_MS

WORK = {"employed": -0.6, "self_employed": 0.0, "unemployed": 1.2}
MAPPING: dict[str, Any] = {
    "name": "borrowers",
    "about": "Made-up borrowers.",
    "target": {"column": "outcome", "bad": ["bad"], "good": ["good"]},
    "date_column": "day",
    "features": {
        "income": {"column": "income", "risk": "decreasing", "reason": "Income is low"},
        "late": {"column": "late", "risk": "increasing", "reason": "Payments were late"},
        "work": {"column": "work", "type": "category", "reason": "Employment"},
        "share": {"expression": "late / income", "risk": "increasing", "reason": "Late for the income"},
    },
    "groups": {"town": {"column": "town"}},
}


def mapping(**changes: Any) -> Mapping:
    return Mapping.model_validate({**MAPPING, **changes})


def borrowers(rows: int, seed: int = 1) -> pd.DataFrame:
    """A row is a borrower; the true log-odds of bad stand in ``log_odds``."""
    rng = np.random.default_rng(seed)
    income, late = np.exp(rng.normal(3, 0.5, rows)), rng.poisson(1.0, rows).astype(float)
    work = rng.choice(list(WORK), rows)
    log_odds = -1.2 - 1.0 * (np.log(income) - 3) + 0.7 * (late - 1) + np.array([WORK[w] for w in work])
    bad = rng.random(rows) < 1 / (1 + np.exp(-log_odds))
    return pd.DataFrame(
        {
            "income": np.where(rng.random(rows) < 0.05, np.nan, income),
            "late": late,
            "work": work,
            "town": rng.choice(["north", "south"], rows),
            "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 360, rows), unit="D"),
            "outcome": np.where(bad, "bad", "good"),
            "log_odds": log_odds,
        }
    )


def dataset(rows: int = 2_000, seed: int = 1, **changes: Any) -> Dataset:
    return build_dataset(mapping(**changes), borrowers(rows, seed), "hash", Path())


def transactions(rows: int = 4_000, days: int = 60, seed: int = 1) -> Transactions:
    """Transactions in order; some terminals are compromised for three weeks."""
    rng = np.random.default_rng(seed)
    time_ms = np.sort(rng.integers(0, days * DAY_MS, rows)) + 17_700 * DAY_MS
    terminal = rng.integers(0, 40, rows)
    start = rng.integers(0, days, 40)
    age = (time_ms // DAY_MS - 17_700) - start[terminal]
    is_fraud = ((terminal % 4 == 0) & (age >= 0) & (age < 21)).astype(np.int8)
    return Transactions(
        id=np.arange(rows, dtype=np.int64),
        time_ms=time_ms.astype(np.int64),
        customer=rng.integers(0, 200, rows).astype(np.int64),
        terminal=terminal.astype(np.int64),
        amount=rng.integers(1, 20_000, rows) / 100,
        is_fraud=is_fraud,
        known_ms=(time_ms + 7 * DAY_MS).astype(np.int64),
    )
