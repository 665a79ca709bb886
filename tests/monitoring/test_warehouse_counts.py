from __future__ import annotations

import time
from typing import Any

import psycopg2
import pytest
from psycopg2 import extensions

from contract.settings import Settings
from monitoring import warehouse_counts
from monitoring.source import Sample, SourceError
from monitoring.warehouse_counts import Warehouse
from tests.monitoring.batch_runs import add_run, add_verdict, landed

pytestmark = pytest.mark.engines

CUT_SQL = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tandem-exporter'
"""


def reader(warehouse: Settings) -> Warehouse:
    return Warehouse(warehouse.monitor_dsn, "POSTGRES_MONITOR_DSN")


def numbers(samples: list[Sample]) -> dict[str, float]:
    return {"|".join((sample.name, *sample.labels)): sample.value for sample in samples}


def test_the_monitoring_role_is_used(warehouse: Settings) -> None:
    assert "tandem_monitor:" in warehouse.monitor_dsn


def test_an_empty_warehouse_has_zero_messages_and_no_runs(
    warehouse: Settings, owner: extensions.connection
) -> None:
    assert numbers(reader(warehouse).read_runs()) == {
        "tandem_landed_messages_total|accepted": 0,
        "tandem_landed_messages_total|duplicate": 0,
        "tandem_landed_messages_total|quarantined": 0,
    }
    assert numbers(reader(warehouse).read_verdicts()) == {"tandem_unexplained_alerts": 0}
    assert reader(warehouse).landed_offsets("risk_events") == {}


def test_outcomes_and_reasons_are_summed_over_the_landings_that_ended_well(
    warehouse: Settings, owner: extensions.connection
) -> None:
    add_run(owner, batch_id="a", **landed(100, 5, {"not_json": 3, "card_number": 2}))
    add_run(owner, batch_id="b", previous_batch_id="a", **landed(50, 1, {"not_json": 4}))
    add_run(owner, batch_id="c", previous_batch_id="b", **{**landed(9, 9, {}), "status": "failed"})
    read = numbers(reader(warehouse).read_runs())
    assert read["tandem_landed_messages_total|accepted"] == 90 + 45
    assert read["tandem_landed_messages_total|duplicate"] == 6
    assert read["tandem_landed_messages_total|quarantined"] == 9
    assert read["tandem_quarantined_messages_total|not_json"] == 7
    assert read["tandem_quarantined_messages_total|card_number"] == 2
    assert read["tandem_runs_total|land_events|succeeded"] == 2
    assert read["tandem_runs_total|land_events|failed"] == 1


def test_the_newest_run_and_the_newest_success_are_told_apart(
    warehouse: Settings, owner: extensions.connection
) -> None:
    add_run(owner, batch_id="a", seconds=30, age=500, **landed(100, 5, {"not_json": 3}))
    add_run(owner, batch_id="b", seconds=7, age=20, previous_batch_id="a", job="land_events", status="failed")
    add_run(owner, batch_id="s", seconds=4, age=0, job="score_risk", status="running")
    read = numbers(reader(warehouse).read_runs())
    assert read["tandem_last_run_duration_seconds|land_events"] == pytest.approx(7)
    assert read["tandem_last_run_duration_seconds|score_risk"] == pytest.approx(4, abs=2)
    assert time.time() - read["tandem_last_success_timestamp_seconds|land_events"] == pytest.approx(
        500, abs=5
    )
    assert "tandem_last_success_timestamp_seconds|score_risk" not in read
    assert [read[f"tandem_last_run_status|land_events|{s}"] for s in ("running", "succeeded", "failed")] == [
        0,
        0,
        1,
    ]
    assert [read[f"tandem_last_run_status|score_risk|{s}"] for s in ("running", "succeeded", "failed")] == [
        1,
        0,
        0,
    ]
    rows = [
        read[f"tandem_last_run_rows|land_events|{o}"]
        for o in ("read", "accepted", "duplicate", "quarantined")
    ]
    assert rows == [100, 92, 5, 3]


def test_the_position_of_the_batch_is_where_its_last_success_on_the_topic_ended(
    warehouse: Settings, owner: extensions.connection
) -> None:
    add_run(owner, batch_id="a", **landed(30, 0, {}, {"0": 10, "1": 20}))
    add_run(owner, batch_id="b", previous_batch_id="a", **landed(6, 0, {}, {"0": 15, "1": 21}))
    add_run(
        owner,
        batch_id="c",
        previous_batch_id="b",
        **{**landed(5, 0, {}, {"x": 5}), "source": "file:/x.jsonl"},
    )
    add_run(
        owner, batch_id="d", previous_batch_id="c", job="land_events", status="failed", end_offsets={"0": 99}
    )
    assert reader(warehouse).landed_offsets("risk_events") == {0: 15, 1: 21}
    assert reader(warehouse).landed_offsets("another") == {}


def test_verdicts_are_counted_by_rule_and_reason_and_the_unexplained_stand_out(
    warehouse: Settings, owner: extensions.connection
) -> None:
    add_run(owner, batch_id="r", job="reconcile_alerts")
    rows = [
        ("r1:e1", "confirmed", None),
        ("r1:e2", "confirmed", None),
        ("r1:e3", "retracted", "duplicate_state"),
        ("r2:e1", "missed", "unexplained"),
        ("r2:e2", "retracted", "unexplained"),
    ]
    for alert, verdict, reason in rows:
        add_verdict(owner, alert, verdict, reason, "r")
    assert numbers(reader(warehouse).read_verdicts()) == {
        "tandem_unexplained_alerts": 2,
        "tandem_reconciled_alerts|r1|confirmed|none": 2,
        "tandem_reconciled_alerts|r1|retracted|duplicate_state": 1,
        "tandem_reconciled_alerts|r2|missed|unexplained": 1,
        "tandem_reconciled_alerts|r2|retracted|unexplained": 1,
    }


def test_a_cut_connection_is_opened_again(warehouse: Settings, owner: extensions.connection) -> None:
    source = reader(warehouse)
    source.read_verdicts()
    with psycopg2.connect(warehouse.monitor_dsn) as other, other.cursor() as cursor:
        cursor.execute(CUT_SQL)
    other.close()
    with pytest.raises(SourceError, match="PostgreSQL"):
        source.read_verdicts()
    assert numbers(source.read_verdicts()) == {"tandem_unexplained_alerts": 0}


def test_no_query_reads_a_table_that_grows_with_the_events(
    warehouse: Settings, owner: extensions.connection
) -> None:
    """Every relation that the queries touch, by PostgreSQL's own plan."""
    queries = [value for name, value in vars(warehouse_counts).items() if name.endswith("_SQL")]
    assert len(queries) == 7
    touched: set[str] = set()
    with owner.cursor() as cursor:
        for query in queries:
            cursor.execute(f"EXPLAIN (FORMAT JSON) {query}", ("kafka:x",) if "%s" in query else None)
            touched |= set(relations(cursor.fetchall()))
    assert touched == {"batch_runs", "alert_reconciliation"}


def relations(plan: Any) -> list[str]:
    if isinstance(plan, list | tuple):
        return [name for entry in plan for name in relations(entry)]
    if isinstance(plan, dict):
        own = [plan["Relation Name"]] if "Relation Name" in plan else []
        return own + [name for value in plan.values() for name in relations(value)]
    return []
