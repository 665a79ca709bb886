"""Reconciliation stopped between the warehouse and the alert store, and alerts that their topic lost."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from dataclasses import asdict
from typing import Any

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient
from pydantic import SecretStr

from contract.settings import Settings, SettingsError
from spark_jobs.runs import AlreadyRunningError, RunError
from stack.folder import ROOT
from tests.reconcile.platform import Platform, application

pytestmark = [pytest.mark.engines, pytest.mark.faults, pytest.mark.timeout(600)]

STATUSES = "SELECT statuses_written_at IS NOT NULL FROM warehouse.reconciliation_runs ORDER BY run_number"
RUNS = "SELECT status FROM warehouse.batch_runs WHERE job = 'reconcile_alerts' ORDER BY run_number"


def play(platform: Platform) -> None:
    """A stream that raised one alert of two: the other one is missed for a gap."""
    platform.send([application("early"), application("late")])
    platform.record_run({0: 1})
    platform.send_alerts([platform.alert(application("late"), 1)])
    platform.commit()
    platform.land()


def check_statuses(platform: Platform) -> None:
    statuses = {name: document["status"] for name, document in platform.documents().items()}
    assert statuses == {"big_loan:early": "missed", "big_loan:late": "confirmed"}


def test_statuses_that_an_outage_of_the_store_kept_back_are_written_by_the_next_run(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    play(platform)
    reachable = platform.settings
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        unreachable = SecretStr(f"mongodb://127.0.0.1:{closed.getsockname()[1]}")
    platform.settings = reachable.model_copy(update={"mongo_uri": unreachable})
    monkeypatch.setattr("spark_jobs.reconciliation.reconciling.STORE_ANSWER_MS_MAX", 200)
    monkeypatch.setattr("spark_jobs.reconciliation.alert_store.UPDATES_PER_WRITE", 1)
    with pytest.raises(SettingsError, match=r"MONGO_URI: .* the verdicts stand in the warehouse"):
        platform.reconcile()
    assert platform.rows(RUNS) == [("failed",)]
    assert set(platform.verdicts()) == {"big_loan:early", "big_loan:late"}
    platform.settings = reachable
    platform.reconcile()
    check_statuses(platform)
    assert platform.rows(RUNS) == [("failed",), ("succeeded",)]
    assert platform.rows("SELECT count(*) FROM warehouse.alert_reconciliation_history") == [(2,)]


def test_a_run_killed_between_warehouse_and_store_is_finished_by_the_next_one(platform: Platform) -> None:
    play(platform)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        killed = start_run(platform, f"mongodb://127.0.0.1:{silent.getsockname()[1]}")
        try:
            wait_for_rows(platform, STATUSES, killed)
            with pytest.raises(AlreadyRunningError):
                platform.reconcile()
        finally:
            killed.kill()
            killed.communicate()
    assert platform.rows(RUNS) == [("running",)]
    assert platform.documents() == {}
    wait_for_the_lock(platform)
    assert platform.rows(RUNS) == [("failed",), ("succeeded",)]
    assert platform.rows(STATUSES) == [(True,), (True,)]
    check_statuses(platform)
    assert platform.rows("SELECT count(*) FROM warehouse.alert_reconciliation_history") == [(2,)]


def start_run(platform: Platform, mongo_uri: str) -> subprocess.Popen[str]:
    settings = platform.settings.model_copy(update={"mongo_uri": SecretStr(mongo_uri)})
    given = {
        "settings": {name: plain(settings, name) for name in Settings.model_fields},
        "catalog": str(platform.folder / "catalog"),
        "names": asdict(platform.names),
    }
    command = (sys.executable, "-m", "tests.reconcile.reconcile_once")
    run = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert run.stdin
    run.stdin.write(json.dumps(given))
    run.stdin.close()
    run.stdin = None
    return run


def plain(settings: Settings, name: str) -> Any:
    value = getattr(settings, name)
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def wait_for_rows(platform: Platform, statement: str, run: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 400
    while not platform.rows(statement):
        assert run.poll() is None, run.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.2)


def wait_for_the_lock(platform: Platform) -> None:
    """PostgreSQL notices that the killed run is gone a moment later."""
    deadline = time.monotonic() + 30
    while True:
        try:
            platform.reconcile()
            return
        except AlreadyRunningError:
            assert time.monotonic() < deadline
            time.sleep(0.2)


def test_alerts_that_their_topic_lost_stop_the_run_until_the_gap_is_accepted(platform: Platform) -> None:
    play(platform)
    platform.reconcile()
    late = platform.alert(application("late"), 1)
    platform.send_alerts([late, late])
    admin = AdminClient(platform.settings.librdkafka())
    deleted = admin.delete_records([TopicPartition(platform.names.alerts_topic, 0, 2)])
    for done in deleted.values():
        done.result()
    with pytest.raises(RunError, match="--accept-gap"):
        platform.reconcile()
    assert platform.rows(RUNS) == [("succeeded",)]
    assert platform.reconcile(accept_gap=True).arrivals.read == 1
