"""Engines stopped and killed in mid-stream: nothing is lost, nothing doubled."""

from __future__ import annotations

import time

import pytest

from stack.flink import rest
from stack.processes import running
from tests.stream.stream import Stream, wait_until
from tests.stream.test_detection import now_ms, risky

pytestmark = [pytest.mark.engines, pytest.mark.faults, pytest.mark.timeout(600)]

OUTAGE_S = 25
RULE = ("risky_application",)


def test_a_killed_task_manager_loses_and_doubles_nothing(stream: Stream) -> None:
    prefix = f"killed-{now_ms()}-"
    ids = [f"risky_application:{prefix}{number}" for number in range(600)]
    stream.send_events([risky(f"{prefix}{number}") for number in range(300)], partition=3)
    stream.wait_for(ids[:1])
    stream.keep_state()
    worker = running(stream.stack.folder, "flink-taskmanager")
    assert worker is not None
    worker.kill()
    stream.send_events([risky(f"{prefix}{number}") for number in range(300, 600)], partition=3)

    alerts = stream.wait_for(ids, timeout_s=240)

    assert len(alerts) == 600
    places = [alert["source"]["offset"] for alert in alerts.values()]
    assert len(set(places)) == 600
    assert {alert["_id"] for alert in stream.raised(prefix, RULE)} == set(ids)


def test_while_the_store_is_away_detection_goes_on_and_delivery_catches_up(stream: Stream) -> None:
    prefix = f"away-{now_ms()}-"
    ids = [f"risky_application:{prefix}{number}" for number in range(400)]
    stream.send_events([risky(f"{prefix}{number}") for number in range(100)])
    stream.wait_for(ids[:100])
    store = running(stream.stack.folder, "mongo")
    assert store is not None
    since = running_since(stream, "deliver_alerts")
    store.kill()
    stopped = time.monotonic()
    stream.send_events([risky(f"{prefix}{number}") for number in range(100, 400)])

    wait_until(lambda: len(stream.raised(prefix, RULE)) >= 400, 60, lambda: "detection stands still")
    assert stream.jobs.states()["detect_fraud"] == "RUNNING"
    time.sleep(max(0.0, OUTAGE_S - (time.monotonic() - stopped)))
    stream.stack.up(("mongo",), print)

    assert len(stream.wait_for(ids, timeout_s=240)) == 400
    assert running_since(stream, "deliver_alerts") == since


def running_since(stream: Stream, job: str) -> int:
    """When Flink last started the job anew: a failing task of Python may end its task manager."""
    run = stream.jobs.rest.latest_run(job)
    assert run is not None
    return int(rest(stream.jobs.settings["FLINK_REST_URL"], f"/jobs/{run.id}")["timestamps"]["RUNNING"])
