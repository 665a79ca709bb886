"""Reconciliation on real engines where stream and batch agree."""

from __future__ import annotations

from typing import Any

import pytest

from tests.reconcile.platform import Platform, application

pytestmark = pytest.mark.engines


def send_agreeing_stream(platform: Platform) -> dict[str, dict[str, Any]]:
    """Send events of which every third fires, one of them twice, and the alerts that they must cause."""
    events = [application(f"a{number}", 5000 if number % 3 == 0 else 10) for number in range(30)]
    offsets = platform.send(events)
    platform.send([events[0]])
    platform.send([{"event_id": "broken"}], partition=1)
    alerts = [
        platform.alert(event, offset)
        for event, offset in zip(events, offsets, strict=True)
        if event["loan_amount_cents"] > 1000
    ]
    platform.record_run()
    platform.send_alerts([*alerts, platform.alert(events[0], 30)])
    platform.deliver(alerts)
    platform.commit()
    platform.land()
    return {alert["_id"]: alert for alert in alerts}


TABLES = ("alert_reconciliation", "alert_reconciliation_history", "stream_alerts", "missed_alerts")


def test_where_both_agree_all_is_confirmed_and_a_repeated_run_changes_nothing(platform: Platform) -> None:
    alerts = send_agreeing_stream(platform)
    found = platform.reconcile()
    assert platform.verdicts() == dict.fromkeys(alerts, ("confirmed", None))
    assert (found.gathered.events_judged, found.gathered.alerts_expected) == (30, 10)
    assert (found.arrivals.read, found.arrivals.new, found.arrivals.repeated) == (11, 10, 1)
    assert (found.tally.unexplained_count, found.waiting) == (0, 0)
    check_lineage(platform)
    documents = platform.documents()
    ((batch_id,),) = platform.rows("SELECT batch_id FROM warehouse.reconciliation_runs")
    judged = {"status": "confirmed", "status_reason": None, "batch_id": batch_id}
    assert documents == {alert_id: alert | judged for alert_id, alert in alerts.items()}

    before = [platform.rows(f"SELECT * FROM warehouse.{table} ORDER BY 1") for table in TABLES]
    assert platform.reconcile().tally.counts.total() == 0
    assert [platform.rows(f"SELECT * FROM warehouse.{table} ORDER BY 1") for table in TABLES] == before
    assert platform.documents() == documents


def check_lineage(platform: Platform) -> None:
    """The run is recorded with what it read, and leaves no staging table."""
    ((status, source, start, end, rules_version, rows_read),) = platform.rows(
        "SELECT status, source, start_offsets, end_offsets, rules_version, rows_read "
        "FROM warehouse.batch_runs WHERE job = 'reconcile_alerts'"
    )
    assert (status, source) == ("succeeded", f"kafka:{platform.names.alerts_topic}")
    assert (start, end) == ({"0": 0, "1": 0}, {"0": 11, "1": 0})
    assert rules_version
    assert rows_read is None
    inputs = platform.rows(
        "SELECT r.job FROM warehouse.batch_inputs i "
        "JOIN warehouse.batch_runs r ON r.batch_id = i.input_batch_id"
    )
    assert inputs == [("land_events",)]
    assert platform.rows("SELECT judged_offsets FROM warehouse.reconciliation_runs") == [({"0": 31, "1": 1},)]
    staging = "SELECT tablename FROM pg_tables WHERE schemaname = 'staging'"
    assert [name for (name,) in platform.rows(staging) if name.startswith("reconcile_")] == []


def test_an_alert_whose_delivery_lags_is_written_whole_and_keeps_what_analysts_add(
    platform: Platform,
) -> None:
    events = [application("a1"), application("a2")]
    offsets = platform.send(events)
    alerts = [platform.alert(event, offset) for event, offset in zip(events, offsets, strict=True)]
    platform.record_run()
    platform.send_alerts(alerts)
    platform.deliver(alerts[:1])
    platform.change("big_loan:a1", review_status="dismissed")
    platform.commit()
    platform.land()
    platform.reconcile()
    documents = platform.documents()
    assert documents["big_loan:a1"]["review_status"] == "dismissed"
    assert documents["big_loan:a1"]["status"] == "confirmed"
    lagging = documents["big_loan:a2"]
    assert {name: lagging[name] for name in alerts[1] if name != "status"} == {
        name: value for name, value in alerts[1].items() if name != "status"
    }
    assert lagging["status"] == "confirmed"
