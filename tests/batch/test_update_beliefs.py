"""The Bayesian model takes in each landed run once, and says of each loan what it believes."""

from __future__ import annotations

from contextlib import closing

import numpy as np
import pytest

from risk_models.beliefs import Belief
from spark_jobs.update_beliefs import Updated, update
from tests.batch.events import NOW_MS, application
from tests.batch.platform import Platform

pytestmark = pytest.mark.engines

LOANS = (
    "SELECT application_id, payments, missed, utilisation, miss_probability, miss_low, miss_high "
    "FROM warehouse.loan_default_risk ORDER BY 1"
)


def payment(event_id: str, loan: str, status: str, minute: int) -> dict[str, object]:
    place = {"event_id": event_id, "user_id": loan, "event_time_ms": NOW_MS + minute * 60_000}
    return {**place, "event_type": "payment", "application_id": loan, "status": status, "amount_cents": 5}


def updated(batch: Platform) -> Updated:
    with closing(batch.connect()) as connection:
        return update(batch.settings, connection)


def test_each_landed_run_is_taken_in_once_and_moves_what_is_believed(batch: Platform) -> None:
    assert updated(batch).batch_id is None
    usage = {"event_type": "credit_usage", "credit_limit_cents": 200, "balance_cents": 180}
    usage |= {"event_id": "u", "user_id": "good", "event_time_ms": NOW_MS}
    made = [payment(f"g{n}", "good", "made", n) for n in range(12)]
    missed = [payment(f"b{n}", "bad", "missed", n) for n in range(12)]
    batch.send_events(application("good", user_id="good"), usage, *made[:6], *missed[:6])
    batch.land()
    first = updated(batch)
    assert (first.payments_new, first.loans) == (12, 2)
    assert updated(batch).batch_id is None
    batch.send_events(*made[6:], *missed[6:])
    batch.land()
    second = updated(batch)
    assert (second.payments_new, second.belief.payments) == (12, 24)
    bad, good = batch.rows(LOANS)
    assert (bad[:4], good[:4]) == (("bad", 12, 12, None), ("good", 12, 0, 0.9))
    assert good[4] < 0.5 < bad[4]
    for row in (bad, good):
        assert 0 <= row[5] < row[4] < row[6] <= 1
    stored = batch.rows(
        "SELECT belief, payments_taken FROM warehouse.default_beliefs ORDER BY payments_taken"
    )
    assert [taken for _, taken in stored] == [12, 24]
    assert np.allclose(Belief.from_json(stored[1][0], 24).mean, second.belief.mean)
