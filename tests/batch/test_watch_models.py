"""How a model in force keeps, from the lake into the warehouse and to the exporter."""

from __future__ import annotations

from contextlib import closing

import pytest

from contract.names import MONITOR_ROLE
from monitoring.model_measurements import ModelMeasurements
from monitoring.warehouse_counts import Warehouse
from risk_models.lake import DAY_MS, Outcomes
from spark_jobs.watch_models import Watched, watch
from tests.batch.events import NOW_MS, application
from tests.batch.platform import Platform, dsn_as
from tests.batch.test_model_scores import put_in_force

pytestmark = pytest.mark.engines


def watched(batch: Platform) -> Watched:
    with closing(batch.connect()) as connection:
        return watch(batch.settings, connection, Outcomes(horizon_days=2))


def test_drift_and_performance_reach_the_exporter(batch: Platform) -> None:
    assert watched(batch) == Watched(None, (), "no version of the model applications is in force")
    put_in_force(batch, 7)
    events = []
    for number in range(260):
        score, time_ms = (600, 700)[number % 2], NOW_MS - (3 if number < 240 else 0) * DAY_MS
        events.append(
            application(
                f"a{number}", credit_score=score, event_time_ms=time_ms, purpose="car", region="North"
            )
        )
        if number < 240 and (number % 4 == 0 or number % 8 == 1):
            payment: dict[str, object] = {
                "event_type": "payment",
                "application_id": f"a{number}",
                "status": "missed",
            }
            payment |= {"amount_cents": 0, "days_past_due": 95, "event_time_ms": time_ms + DAY_MS}
            events.append({"event_id": f"p{number}", "user_id": "user-1", **payment})
    batch.send_events(*events)
    batch.land()
    batch.score()
    found = watched(batch)
    figures = {(one.measure, one.subject): one for one in found.measurements}
    assert figures["auc", "all"].rows == 240
    assert 0.6 < figures["auc", "all"].value < 0.75
    assert figures["auc", "all"].is_alert
    assert figures["psi", "credit_score"].rows == 260
    stored = batch.rows(
        "SELECT count(*) FROM warehouse.model_measurements WHERE batch_id = %s", found.batch_id
    )
    assert stored == [(len(found.measurements),)]
    assert batch.rows("SELECT job, status FROM warehouse.batch_runs WHERE batch_id = %s", found.batch_id) == [
        ("watch_models", "succeeded")
    ]
    reader = ModelMeasurements(Warehouse(dsn_as(batch.settings, MONITOR_ROLE), "POSTGRES_MONITOR_DSN"))
    samples = {(sample.name, *sample.labels): sample.value for sample in reader.read()}
    assert samples["tandem_model_in_force", "applications", "7"] == 1
    assert samples["tandem_model_policy_alone", "applications"] == 0
    assert samples["tandem_model_auc", "applications", "7", "all"] == pytest.approx(
        figures["auc", "all"].value
    )
