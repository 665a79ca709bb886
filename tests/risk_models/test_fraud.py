"""The fraud score: no feature or label before it was known, and the Handbook's protocol."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from risk_models.clairvoyant import clairvoyant_precision, told_frauds
from risk_models.errors import DataError
from risk_models.fraud import (
    Protocol,
    card_precision,
    judged_rows,
    prequential,
    train_fraud,
    training_rows,
)
from risk_models.fraud_card import judge_fraud_challenger, register_fraud
from risk_models.fraud_features import LOOKBACK_DAYS, Transactions, build_features, read_handbook
from risk_models.registry import Registry
from risk_models.serving import Boosted, read_model
from risk_models.sliding import DAY_MS
from tests.risk_models.fraud_oracle import Told, features_of
from tests.risk_models.tables import transactions

START = date(2018, 7, 2)
PROTOCOL = Protocol(START)


def told(rows: Transactions) -> list[Told]:
    return [
        Told(
            id=f"{rows.id[at]:09d}",
            time_ms=int(rows.time_ms[at]),
            customer=str(rows.customer[at]),
            terminal=str(rows.terminal[at]),
            cents=round(rows.amount[at] * 100),
            known_ms=int(rows.known_ms[at]),
            is_fraud=bool(rows.is_fraud[at]),
        )
        for at in range(len(rows))
    ]


def test_features_equal_plain_loops_over_what_was_known() -> None:
    rows = transactions(1_500, days=150)
    rows = replace(rows, known_ms=rows.known_ms + np.where(rows.id % 9 == 0, 114 * DAY_MS, 0))
    features, history = build_features(rows), told(rows)
    for at in range(0, 1_500, 37):
        expected = features_of(history[at], history)
        got = features.loc[at].to_dict()
        assert set(got) == set(expected)
        assert got == pytest.approx(expected, nan_ok=True, rel=1e-5), at


def test_features_are_the_same_to_the_last_bit_whatever_rows_stand_around() -> None:
    rows = transactions(30_000, days=400)
    features, at = build_features(rows), 29_000
    first_ms = rows.time_ms[at] - LOOKBACK_DAYS * DAY_MS
    at_terminal = rows.terminal == rows.terminal[at]
    customers = rows.customer[at_terminal & (rows.is_fraud == 1)]
    near = at_terminal | np.isin(rows.customer, [rows.customer[at], *customers])
    kept = np.flatnonzero(near & (rows.time_ms >= first_ms) & (np.arange(len(rows)) <= at))
    assert len(kept) < 20_000
    columns = {one.name: getattr(rows, one.name)[kept] for one in fields(rows)}
    found = build_features(Transactions(**columns)).tail(1).reset_index(drop=True)
    pd.testing.assert_frame_equal(found, features.iloc[[at]].reset_index(drop=True), check_exact=True)


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


def test_the_score_is_the_mean_of_its_boosters_in_one_document() -> None:
    rows = transactions(12_000, days=70)
    features, protocol = build_features(rows), Protocol(date(2018, 7, 16))
    model = train_fraud(rows, features, protocol, boosters=3)
    each = [
        one.inplace_predict(features.to_numpy(), predict_type="margin").astype(float)
        for one in model.boosters
    ]
    assert len(each) == 3
    assert (each[0] != each[1]).any()
    np.testing.assert_allclose(model.log_odds(features), np.mean(each, axis=0), rtol=1e-12)
    again = read_model(json.loads(json.dumps(model.definition())))
    np.testing.assert_array_equal(again.probability(features), model.probability(features))
    np.testing.assert_allclose(
        model.contributions(features.head(50)).sum(axis=1), model.log_odds(features.head(50)), atol=1e-4
    )
    single = model.definition() | {"booster": model.definition()["boosters"][0]}
    del single["boosters"]
    assert isinstance(read_model(single), Boosted), "a document from before there were several"


def test_a_challenger_is_judged_on_days_that_neither_learnt_from(tmp_path: Path) -> None:
    rows = transactions(12_000, days=70)
    features, protocol = build_features(rows), Protocol(date(2018, 7, 9))
    registry = Registry(f"sqlite:///{tmp_path}/mlflow.db", (tmp_path / "artifacts").as_uri())
    first, later = (
        register_fraud(registry, "d" * 64, rows, features, one, boosters=2).document
        for one in (protocol, protocol.earlier(-1))
    )
    verdict = judge_fraud_challenger(rows, features, protocol, None, first)
    assert verdict.promoted
    assert verdict.why.endswith("better than no model with confidence 1.000; promoted")
    beside = judge_fraud_challenger(rows, features, protocol.earlier(-1), first, later, confidence=0.5)
    assert beside.champion_auc is not None
    with pytest.raises(DataError, match="expected judged days after that, got those from 2018-07-23"):
        judge_fraud_challenger(rows, features, protocol, later, first)


def test_a_clairvoyant_knows_all_but_the_first_frauds_of_a_terminal() -> None:
    rows = transactions()
    told = told_frauds(rows, rows.is_fraud.astype(np.int64) * 2)
    hidden = (rows.is_fraud == 1) & ~told
    assert told.any()
    assert hidden.any()
    assert all(
        (rows.time_ms[hidden] - rows.time_ms[(rows.terminal == terminal) & (rows.is_fraud == 1)].min()).min()
        < 7 * DAY_MS
        for terminal in set(rows.terminal[hidden])
    )
    assert told_frauds(rows, rows.is_fraud.astype(np.int64)).sum() == rows.is_fraud.sum()
    perfect = clairvoyant_precision(rows, rows.is_fraud.astype(np.int64), PROTOCOL)
    assert perfect >= clairvoyant_precision(rows, rows.is_fraud.astype(np.int64) * 2, PROTOCOL) > 0
