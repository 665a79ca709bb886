"""Fraud scores of new transactions: equal to plain loops over what was known, and never rewritten."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xgboost
from pyspark.sql import SparkSession

from risk_models.document import ModelDocument, Registered
from risk_models.fraud import Protocol
from risk_models.fraud_card import fraud_document
from risk_models.fraud_features import build_features
from risk_models.fraud_lake import read_lake_transactions
from risk_models.promotion import Verdict
from risk_models.published import APPLICATIONS_MODEL, FRAUD_MODEL, publish, retire
from spark_jobs.progress import Progress
from spark_jobs.score_fraud import FraudScored, FraudScoring, score_fraud
from stack.score import jobs_of
from storage.postgres import connect
from tests.batch.events import DAY_MS, NOW_MS, label, transaction
from tests.batch.platform import Platform, environment_of
from tests.batch.test_command import ROOT, job
from tests.risk_models.fraud_oracle import Told, features_of
from tests.risk_models.tables import transactions

pytestmark = pytest.mark.engines

SCORES = (
    "SELECT transaction_id, fraud_probability, model_version FROM warehouse.transaction_scores ORDER BY 1"
)
USES = (
    "SELECT model_version, note, rows_scored FROM warehouse.model_uses JOIN warehouse.batch_runs "
    "USING (batch_id) WHERE job = 'score_fraud' ORDER BY run_number"
)
VERDICT = Verdict(True, "promoted", 0.99, 0.1, 0.02, 500, 90, None, 0.8)


@cache
def document() -> ModelDocument:
    rows = transactions(12_000, days=70)
    return fraud_document("d" * 64, rows, build_features(rows), Protocol(date(2018, 7, 16)), 3)[0]


def put_in_force(batch: Platform, version: int, text: str | None = None, name: str = FRAUD_MODEL) -> None:
    registered = Registered(name, version, document(), text or document().text())
    with closing(connect(batch.settings.require("postgres_dsn"))) as connection:
        publish(connection, registered, VERDICT)


def no_session() -> SparkSession:
    raise AssertionError("expected that no session is needed")


def scored(batch: Platform, *, needs_spark: bool = True) -> FraudScored:
    with closing(batch.connect()) as connection:
        session = (lambda: batch.spark) if needs_spark else no_session
        return score_fraud(FraudScoring(session, batch.settings, connection, Progress("fraud")))


def expected_probability(history: Sequence[Told], ids: Iterable[str]) -> dict[str, float]:
    """The probability by the document's trees, read from its text, over features from plain loops."""
    definition = json.loads(document().text())["model"]
    boosters = [xgboost.Booster() for _ in definition["boosters"]]
    for booster, trees in zip(boosters, definition["boosters"], strict=True):
        booster.load_model(bytearray(json.dumps(trees).encode()))
    wanted = [one for one in history if one.id in set(ids)]
    features = [features_of(one, history) for one in wanted]
    matrix = xgboost.DMatrix(np.array([[one[name] for name in definition["columns"]] for one in features]))
    raw = np.mean([booster.predict(matrix, output_margin=True) for booster in boosters], axis=0)
    line = definition["calibration"]
    probability = 1 / (1 + np.exp(-(line["intercept"] + line["slope"] * raw)))
    return dict(zip((one.id for one in wanted), probability.tolist(), strict=True))


@dataclass
class World:
    """What was sent, and what the loops are told of it: of several labels the first."""

    events: list[dict[str, Any]] = field(default_factory=list)
    told: dict[str, Told] = field(default_factory=dict)
    labels: int = 0

    def spend(self, one: Told) -> None:
        who = {"user_id": one.customer, "merchant_id": one.terminal, "event_time_ms": one.time_ms}
        self.events.append(transaction(one.id, **who, amount_cents=one.cents))
        self.told[one.id] = one

    def say(self, transaction_id: str, at_ms: int, is_fraud: bool) -> None:
        one = self.told[transaction_id]
        self.labels += 1
        name = f"label-{self.labels}"
        self.events.append(label(name, one.id, is_fraud, user_id=one.customer, event_time_ms=at_ms))
        if one.known_ms is None or at_ms < one.known_ms:
            self.told[one.id] = replace(one, known_ms=at_ms, is_fraud=is_fraud)

    def sent(self) -> list[dict[str, Any]]:
        events, self.events = self.events, []
        return events


def play(world: World, draw: random.Random, names: Iterable[str], days: tuple[int, int]) -> None:
    """Spend at random; nearly all is labelled days later, some of it twice, with another verdict."""
    for name in names:
        time_ms = NOW_MS - draw.randrange(days[0] * DAY_MS, days[1] * DAY_MS)
        terminal = draw.randrange(5)
        customer = f"user-{draw.randrange(9)}"
        cents = draw.choice([700, draw.randrange(1, 9_000), draw.randrange(9_000, 60_000)])
        world.spend(Told(name, time_ms, customer, f"m-{terminal}", cents))
        known_ms = time_ms + draw.randrange(-DAY_MS, 9 * DAY_MS)
        if draw.random() < 0.9 and known_ms < NOW_MS:
            is_fraud = draw.random() < (0.7 if terminal == 0 else 0.1)
            world.say(name, known_ms, is_fraud)
            if draw.random() < 0.1:
                world.say(name, min(NOW_MS, known_ms + DAY_MS), not is_fraud)


def test_scores_equal_plain_loops_and_what_comes_late_rewrites_none(batch: Platform) -> None:
    world, draw = World(), random.Random(5)
    put_in_force(batch, 7)
    play(world, draw, [f"t{n:04d}" for n in range(500)], (3, 140))
    batch.send_events(*world.sent())
    batch.land()
    assert scored(batch, needs_spark=False).batch_id is None, "score_risk has not loaded them"
    batch.score()
    first = scored(batch)
    assert (first.rows, first.model) == (500, "model handbook_fraud version 7")
    before = {name: said for name, said, _ in batch.rows(SCORES)}
    expected = expected_probability(list(world.told.values()), before)
    assert len(expected) == 500
    assert before == pytest.approx(expected, rel=1e-5)
    assert len({round(said, 6) for said in before.values()}) > 100, "the model tells them apart"

    old = [one for one in world.told.values() if one.time_ms < NOW_MS - 20 * DAY_MS]
    silent = next(one for one in old if one.known_ms is None)
    world.say(silent.id, silent.time_ms + DAY_MS, is_fraud=True)
    play(world, draw, [f"u{n:04d}" for n in range(60)], (0, 30))
    touched = Told("v1", silent.time_ms + 2 * DAY_MS, "user-1", silent.terminal, 900)
    world.spend(touched)
    batch.send_events(*world.sent())
    batch.land()
    batch.score()
    assert scored(batch).rows == 61
    after = {name: said for name, said, _ in batch.rows(SCORES)}
    assert {name: after[name] for name in before} == before
    history = list(world.told.values())
    now = expected_probability(history, after)
    assert after == pytest.approx(now | before, rel=1e-5)
    assert any(abs(now[name] - before[name]) > 1e-4 for name in before), "the late label would tell"
    assert scored(batch, needs_spark=False) == FraudScored(None, model="nothing new to score")
    assert batch.rows(USES) == [(7, None, 500), (7, None, 61)]

    rows, _ = read_lake_transactions(batch.settings)
    trained_on = document().model.probability(build_features(rows)).tolist()
    in_order = [one.id for one in sorted(history, key=lambda one: one.order)]
    assert dict(zip(in_order, trained_on, strict=True)) == pytest.approx(now, rel=1e-5)


def test_without_a_model_that_scores_transactions_wait_and_the_run_says_why(batch: Platform) -> None:
    batch.send_events(transaction("t1"), transaction("t2", user_id="user-2"))
    batch.land()
    batch.score()
    assert scored(batch, needs_spark=False).model == "no version of the model handbook_fraud is in force"
    values = environment_of(batch.settings, {})
    assert list(jobs_of(values)) == ["score_and_reconcile"]
    put_in_force(batch, 1, document().text().replace('"boosters":[{', '"boosters":[7,{'))
    assert "handbook_fraud version 1: XGBoost can't read the trees" in scored(batch, needs_spark=False).model
    assert list(jobs_of(values)) == ["score_and_reconcile", "score_fraud"]
    put_in_force(batch, 1, name=APPLICATIONS_MODEL)
    assert list(jobs_of(values))[1:] == ["score_fraud", "update_beliefs", "watch_models"]
    with closing(connect(batch.settings.require("postgres_dsn"))) as connection:
        retire(connection, APPLICATIONS_MODEL, "enough")
    assert list(jobs_of(values))[1:] == ["score_fraud"]
    tall = document().text().replace('"column":"amount"', '"expression":"height * 2"')
    put_in_force(batch, 2, tall)
    assert "DataError: expression 'height * 2': there is no column height" in scored(batch).model
    assert batch.rows(SCORES) == []
    put_in_force(batch, 3)
    assert scored(batch).rows == 2
    assert [(name, version) for name, _, version in batch.rows(SCORES)] == [("t1", 3), ("t2", 3)]
    uses = batch.rows(USES)
    assert [(version, rows) for version, _, rows in uses] == [(None, 0), (None, 0), (None, 0), (3, 2)]
    assert all(note for _, note, _ in uses[:3])
    runs = batch.rows("SELECT status, rows_written FROM warehouse.batch_runs WHERE job = 'score_fraud'")
    assert sorted(runs) == [("succeeded", 0), ("succeeded", 0), ("succeeded", 0), ("succeeded", 2)]
    ended = job("score_fraud", environment_of(batch.settings, os.environ))
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "nothing new to score" in ended.stdout


def test_a_version_that_was_trained_and_promoted_by_the_command_scores(
    batch: Platform, tmp_path: Path
) -> None:
    rows, file = transactions(12_000, days=70), tmp_path / "transactions.parquet"
    pd.DataFrame(
        {
            "TRANSACTION_ID": rows.id,
            "TX_DATETIME": pd.to_datetime(rows.time_ms, unit="ms"),
            "CUSTOMER_ID": rows.customer,
            "TERMINAL_ID": rows.terminal,
            "TX_AMOUNT": rows.amount,
            "TX_FRAUD": rows.is_fraud,
        }
    ).to_parquet(file)
    registry = {
        "MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path}/mlflow.db",
        "MODEL_ARTIFACT_URI": (tmp_path / "models").as_uri(),
    }
    environment = environment_of(batch.settings, os.environ) | registry

    def command(*arguments: str) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", "risk_models", "fraud", *arguments]
        return subprocess.run(line, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240)

    options = ["--data", str(file), "--folds", "1", "--boosters", "2", "--promote"]
    first = command(*options, "--test-from", "2018-07-30")
    assert first.returncode == 0, first.stderr
    assert "handbook_fraud version 1: AUC 0." in first.stdout
    again = command(*options, "--test-from", "2018-07-30")
    assert again.returncode == 2
    assert "handbook_fraud version 2: AUC 0." in again.stderr
    assert "refused: expected a confidence of at least 0.95" in again.stderr
    batch.send_events(transaction("t1"))
    batch.land()
    batch.score()
    ended = job("score_fraud", environment_of(batch.settings, os.environ))
    assert ended.returncode == 0, ended.stderr
    assert ": model handbook_fraud version 1" in ended.stdout
    assert len(batch.rows(SCORES)) == 1
    missing = command("--folds", "1")
    assert (missing.returncode, missing.stderr.count("\n")) == (2, 1)
    few = command("--folds", "1", "--test-from", "2018-07-30")
    assert "error: expected at least 20 known frauds from 2018-07-16 on, got 0" in few.stderr
