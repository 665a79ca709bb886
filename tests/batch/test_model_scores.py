"""Scores of applications by the model in force, and the policy alone where there is none."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from risk_models.bins import Bins
from risk_models.calibration import Calibration
from risk_models.document import ModelDocument, Registered, Training
from risk_models.drift import Reference
from risk_models.mapping import load_mapping
from risk_models.points import PointScale
from risk_models.promotion import Verdict
from risk_models.published import publish, read_in_force, retire
from risk_models.scoring_rows import score_rows
from risk_models.serving import Scorecard
from storage.postgres import connect, transaction
from tests.batch.events import application
from tests.batch.platform import Platform

VERDICT = Verdict(True, "promoted", 0.99, 0.1, 0.02, 500, 90, None, 0.8)
SCORES = (
    "SELECT application_id, model_name, model_version, model_score, reason_codes, risk_level, decision "
    "FROM warehouse.credit_scores ORDER BY 1"
)
USES = "SELECT model_version, note, rows_scored FROM warehouse.model_uses JOIN warehouse.batch_runs " \
    "USING (batch_id) ORDER BY run_number"  # fmt: skip


def document(**changes: Any) -> ModelDocument:
    """A scorecard by hand: credit score up to 650, from 650; purpose car or others."""
    bins = {
        "credit_score": Bins((650.0,), None, (50, 50, 0, 0), (40, 10, 0, 0)),
        "purpose": Bins(None, (("car",),), (60, 40, 0), (20, 30, 0)),
    }
    model = Scorecard(
        bins,
        {"credit_score": -1.0, "purpose": -1.0},
        -0.7,
        Calibration(),
        PointScale(),
        {"credit_score": "low"},
    )
    training = Training("d" * 64, "code", 1, 150, 50, None)
    reference = Reference.of(pd.DataFrame({"credit_score": [600.0, 700.0]}), pd.Series([500.0, 600.0]))
    whole = ModelDocument(load_mapping("applications"), "scorecard", model, training, reference, {"auc": 0.8})
    return replace(whole, **changes)


def put_in_force(platform: Platform, version: int, text: str | None = None) -> None:
    made = document()
    registered = Registered("applications", version, made, text or made.text())
    with closing(connect(platform.settings.require("postgres_dsn"))) as connection:
        publish(connection, registered, VERDICT)


def send(platform: Platform, *ids: str) -> None:
    for number, event_id in enumerate(ids):
        platform.send_events(application(event_id, credit_score=600 + 100 * number, purpose="car"))
    platform.land()


@pytest.mark.engines
def test_the_model_in_force_scores_and_the_policy_alone_says_so(batch: Platform) -> None:
    send(batch, "a1")
    assert batch.score().model == "the policy decides alone: no version of the model applications is in force"
    assert batch.rows(SCORES) == [("a1", None, None, None, None, "Medium", "approve")]
    put_in_force(batch, 3)
    send(batch, "a2", "a3")
    assert batch.score().model == "model applications version 3"
    expected = document().score(pd.DataFrame({"credit_score": [600, 700], "purpose": ["car", "car"]}).assign(
        loan_amount_cents=1, annual_income_cents=None, term_months=None, employment_status=None))  # fmt: skip
    assert batch.rows(SCORES)[1:] == [
        ("a2", "applications", 3, int(expected["score"][0]), ["credit_score"], "Medium", "approve"),
        ("a3", "applications", 3, int(expected["score"][1]), None, "Low", "approve"),
    ]
    found = batch.rows("SELECT default_probability FROM warehouse.credit_scores WHERE application_id = 'a2'")
    assert found == [(pytest.approx(expected["default_probability"][0], rel=1e-12),)]
    broken = document().text().replace('"edges":[650.0]', '"edges":["x"]')
    put_in_force(batch, 4, broken)
    send(batch, "a4")
    assert "the policy decides alone: applications version 4: " in batch.score().model
    assert batch.rows(SCORES)[3][1:] == (None, None, None, None, "Medium", "approve")
    uses = batch.rows(USES)
    assert [(version, rows) for version, _, rows in uses] == [(None, 0), (3, 2), (None, 0)]
    assert "broken" in uses[2][1]


@pytest.mark.engines
def test_a_model_that_fails_while_it_scores_leaves_the_policy_alone(batch: Platform) -> None:
    absent = document().text().replace('"column":"purpose"', '"expression":"height * 2"').replace(
        '"expression":"height * 2","type":"category"', '"expression":"height * 2","type":"number"'
    )  # fmt: skip
    put_in_force(batch, 1, absent)
    send(batch, "a1")
    assert "DataError: expression 'height * 2': there is no column height" in batch.score().model
    assert batch.rows(SCORES) == [("a1", None, None, None, None, "Medium", "approve")]
    put_in_force(batch, 2)
    batch.score(recompute=True)
    assert batch.rows(SCORES)[0][:3] == ("a1", "applications", 2)
    with closing(connect(batch.settings.require("postgres_dsn"))) as connection:
        retire(connection, "applications", "too old")
        assert read_in_force(connection, "applications").document is None
        put_in_force(batch, 2)
        with transaction(connection) as cursor:
            cursor.execute(
                "UPDATE warehouse.risk_models SET document = document || ' ' WHERE model_version = 2"
            )
        assert "SHA-256 is not the one that was put in force" in str(
            read_in_force(connection, "applications").note
        )


def test_rows_that_cannot_be_scored_say_why() -> None:
    rows = pd.DataFrame({"event_id": ["a"]})
    failed = score_rows("{}", rows)
    assert failed.failure[0].startswith("ModelError: the model's document is broken: KeyError")
    assert np.isnan(failed.default_probability[0])
    assert score_rows(document().text(), rows.head(0)).empty


def test_the_batch_needs_no_training_library() -> None:
    import subprocess
    import sys

    heavy = ["sklearn", "xgboost", "mlflow"]
    code = "import sys, risk_models.published, risk_models.scoring_rows\n"
    code += f"print(set({heavy}) & set(sys.modules))"
    root = Path(__file__).parents[2]
    ended = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "set()"
