"""The Bayesian model: what it learns, how sure it is, and that the way of the batches hardly matters."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from risk_models.beliefs import WEIGHTS, Belief, design_rows, known_before, standing
from risk_models.errors import ModelError

TRUTH = np.array([-1.5, 0.8, 1.5, 0.6, -0.1])


def payments(rows: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
    rng = np.random.default_rng(seed)
    design = np.column_stack([np.ones(rows), rng.normal(-1.5, 1, rows), rng.random(rows) - 0.1,
                              rng.normal(0, 0.3, rows), rng.random(rows) * 3])  # fmt: skip
    return design, (rng.random(rows) < 1 / (1 + np.exp(-design @ TRUTH))).astype(np.int8)


def test_before_any_payment_the_scorecard_is_believed() -> None:
    prior = Belief.prior()
    said = prior.predict(np.array([[1, -3, 0, 0, 0], [1, 1, 0, 0, 0.0]]))
    safe, risky = said["miss_probability"]
    assert safe < risky
    assert said["high"][1] - said["low"][1] > 0.5


def test_more_payments_make_it_surer_and_right() -> None:
    belief, widths = Belief.prior(), []
    for batch in range(5):
        belief = belief.update(*payments(2_000, batch))
        widths.append(float(np.sqrt(np.diag(belief.covariance)).sum()))
    assert widths == sorted(widths, reverse=True)
    deviations = np.abs(belief.mean - TRUTH) / np.sqrt(np.diag(belief.covariance))
    assert deviations.max() < 3.5
    assert belief.payments == 10_000


def test_batches_come_to_what_one_batch_comes_to() -> None:
    design, missed = payments(3_000, 1)
    whole, bit_by_bit = Belief.prior().update(design, missed), Belief.prior()
    for part in np.array_split(np.arange(3_000), 30):
        bit_by_bit = bit_by_bit.update(design[part], missed[part])
    apart = np.abs(whole.mean - bit_by_bit.mean) / np.sqrt(np.diag(whole.covariance))
    assert apart.max() < 0.3
    assert whole.update(design[:0], missed[:0]) is whole


def test_nine_intervals_of_ten_hold_the_truth() -> None:
    design, _ = payments(200, 99)
    truth = 1 / (1 + np.exp(-design @ TRUTH))
    inside = []
    for seed in range(40):
        found = Belief.prior().update(*payments(600, seed)).predict(design)
        inside.append(((found.low <= truth) & (truth <= found.high)).mean())
    assert 0.82 < np.mean(inside) < 0.97


def test_a_belief_read_back_is_the_same_and_one_of_other_weights_is_refused() -> None:
    belief = Belief.prior().update(*payments(50, 2))
    stored = json.loads(json.dumps(belief.as_json()))
    again = Belief.from_json(stored, belief.payments)
    assert (again.mean == belief.mean).all()
    assert (again.covariance == belief.covariance).all()
    with pytest.raises(ModelError, match=f"expected a belief about {WEIGHTS[0]}"):
        Belief.from_json({**stored, "weights": ["a"]}, 1)


def test_what_is_known_before_a_payment_is_only_what_came_before() -> None:
    rows = pd.DataFrame(
        {
            "event_id": ["p3", "p1", "p2", "q1"],
            "application_id": ["a", "a", "a", "b"],
            "user_id": ["u", "u", "u", "v"],
            "event_time_ms": [30, 10, 20, 5],
            "status": ["made", "missed", "missed", "made"],
            "partition": 0,
            "offset": [1, 2, 3, 4],
        }
    )
    usages = pd.DataFrame(
        {
            "user_id": ["u", "u"],
            "event_time_ms": [20, 25],
            "balance_cents": [50, 90],
            "credit_limit_cents": [100, 100],
        }
    )
    known = known_before(rows, usages).set_index("event_id")
    assert known.payments.to_dict() == {"q1": 0, "p1": 0, "p2": 1, "p3": 2}
    assert known.missed.to_dict() == {"q1": 0, "p1": 0, "p2": 1, "p3": 2}
    assert known.utilisation.to_dict() == pytest.approx(
        {"q1": np.nan, "p1": np.nan, "p2": 0.5, "p3": 0.9}, nan_ok=True
    )
    loans = standing(rows, usages, 30).set_index("application_id")
    assert loans[["payments", "missed"]].to_numpy().tolist() == [[3, 2], [1, 0]]
    design = design_rows(known.assign(default_probability=[0.2, np.nan, 0.2, 0.2]))
    assert np.isfinite(design).all()
    assert design_rows(known.assign(default_probability=np.nan)).shape == (4, len(WEIGHTS))
