"""The fraud score: no feature or label before it was known, and the Handbook's protocol."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from risk_models.errors import DataError
from risk_models.fraud import Protocol, card_precision, judged_rows, prequential, train_fraud, training_rows
from risk_models.fraud_features import Transactions, build_features, read_handbook
from risk_models.sliding import DAY_MS
from tests.risk_models.tables import transactions

START = date(2018, 7, 2)
PROTOCOL = Protocol(START)


def naive_features(rows: Transactions, at: int) -> dict[str, float]:
    """The features of one row from plain loops over what was known then."""
    now = int(rows.time_ms[at])
    own = [i for i in range(at + 1) if rows.customer[i] == rows.customer[at]]
    found = {"amount": float(rows.amount[at])}
    for days in (1, 7, 30):
        window = [rows.amount[i] for i in own if rows.time_ms[i] > now - days * DAY_MS]
        found[f"customer_count_{days}d"] = len(window)
        found[f"customer_mean_{days}d"] = float(np.mean(window))
        labels = [
            int(rows.is_fraud[i])
            for i in range(len(rows))
            if rows.terminal[i] == rows.terminal[at] and now - days * DAY_MS < rows.known_ms[i] <= now
        ]
        found[f"terminal_labels_{days}d"] = len(labels)
        found[f"terminal_frauds_{days}d"] = sum(labels)
    known = [
        int(rows.known_ms[i])
        for i in range(len(rows))
        if rows.terminal[i] == rows.terminal[at]
        and rows.is_fraud[i]
        and now - 35 * DAY_MS < rows.known_ms[i] <= now
    ]
    found["terminal_first_fraud_days"] = (now - min(known)) / DAY_MS if known else np.nan
    found["terminal_newest_fraud_days"] = (now - max(known)) / DAY_MS if known else np.nan
    return found


def test_features_equal_plain_loops_over_what_was_known() -> None:
    rows = transactions(1_500)
    features = build_features(rows)
    for at in range(0, 1_500, 37):
        expected = naive_features(rows, at)
        got = features.loc[at, list(expected)].to_dict()
        assert got == pytest.approx(expected, nan_ok=True), at


def test_nothing_that_comes_later_changes_a_feature() -> None:
    rows = transactions(3_000)
    features = build_features(rows)
    rng = np.random.default_rng(3)
    for at in (200, 1_100, 2_000, 2_900):
        now = rows.time_ms[at]
        later, unknown = np.arange(3_000) > at, rows.known_ms > now
        changed = replace(
            rows,
            amount=np.where(later, rng.random(3_000) * 1e6, rows.amount),
            terminal=np.where(later, rng.integers(0, 40, 3_000), rows.terminal),
            is_fraud=np.where(unknown, 1 - rows.is_fraud, rows.is_fraud).astype(np.int8),
        )
        pd.testing.assert_frame_equal(build_features(changed).iloc[: at + 1].tail(1), features.iloc[[at]])


def test_a_label_that_is_known_does_change_features() -> None:
    rows = transactions(1_500)
    flipped = replace(rows, is_fraud=(1 - rows.is_fraud).astype(np.int8))
    changed = build_features(flipped)["terminal_frauds_30d"] != build_features(rows)["terminal_frauds_30d"]
    assert changed.tail(500).mean() > 0.9


def test_training_takes_only_rows_whose_label_is_known_when_judging_begins() -> None:
    rows = transactions()
    late = replace(rows, known_ms=rows.known_ms + np.where(rows.id % 2 == 0, 30 * DAY_MS, 0))
    chosen = training_rows(late, PROTOCOL)
    assert chosen.any()
    assert (late.known_ms[chosen] < PROTOCOL.test_first_day * DAY_MS).all()
    assert (late.id[chosen] % 2 == 1).all()
    assert late.day[chosen].max() < PROTOCOL.first_day + 7


def test_cards_known_to_be_compromised_are_not_judged() -> None:
    rows = transactions()
    chosen = judged_rows(rows, PROTOCOL)
    trained = (rows.day >= PROTOCOL.first_day) & (rows.day < PROTOCOL.first_day + 7)
    known = set(rows.customer[trained & (rows.is_fraud == 1)])
    assert known
    assert not known & set(rows.customer[chosen])
    assert set(rows.day[chosen]) <= set(range(PROTOCOL.test_first_day, PROTOCOL.test_first_day + 7))


def test_a_card_that_was_found_is_not_checked_again() -> None:
    day, customer = np.array([0, 0, 1, 1]), np.array([1, 2, 1, 2])
    is_fraud, score = np.array([1, 0, 1, 1], dtype=np.int8), np.array([0.9, 0.8, 0.9, 0.1])
    assert card_precision(day, customer, is_fraud, score, k=1) == 1.0
    assert card_precision(day, customer, is_fraud, score, k=2) == 0.5


def test_the_score_finds_compromised_terminals_week_after_week() -> None:
    rows = transactions(12_000, days=70)
    weeks = prequential(rows, build_features(rows), Protocol(date(2018, 7, 16)), folds=2)
    assert [week.test_from for week in weeks] == ["2018-07-30", "2018-07-23"]
    assert all(week.auc > 0.8 for week in weeks)


def test_too_few_known_frauds_are_an_error() -> None:
    rows = transactions()
    none = replace(rows, is_fraud=np.zeros(len(rows), dtype=np.int8))
    with pytest.raises(DataError, match="at least 20 known frauds from 2018-07-02 on, got 0"):
        train_fraud(none, build_features(none), PROTOCOL)


def test_a_file_without_the_columns_is_refused(tmp_path: Path) -> None:
    pd.DataFrame({"TX_FRAUD": [0]}).to_csv(tmp_path / "some.csv")
    with pytest.raises(DataError, match="expected the columns CUSTOMER_ID"):
        read_handbook(tmp_path / "some.csv")
