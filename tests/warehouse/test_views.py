"""The views of BI: what they say, that each figure leads back to its messages, and who may read."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import closing
from typing import Any

import psycopg2
import pytest

from bi.charts import CHARTS, Chart, query_of
from contract.names import BI_ROLE
from spark_jobs.progress import Progress
from spark_jobs.view_refresh import refresh_views
from storage.lineage import LineageError, compute_figure, find_lineage, select_figures, trace_rows
from storage.postgres import Connection, connect, transaction
from tests.batch.platform import dsn_as
from tests.warehouse.conftest import Loaded
from tests.warehouse.events import LOANS_WITHOUT_APPLICATION

pytestmark = pytest.mark.engines

ALERTS = [
    ("r1:e0061", "confirmed", None),
    ("r1:e0062", "retracted", "arrival_order"),
    ("r2:e0063", "missed", "x"),
]


@pytest.fixture(scope="module")
def judged(loaded: Loaded) -> Loaded:
    """The loaded warehouse with three judged alerts, one waiting, and a quarantined message."""
    loaded.platform.send([(b"not json", "not_json")])
    loaded.platform.land()
    (run,) = loaded.platform.rows("SELECT max(batch_id) FROM warehouse.batch_runs WHERE job = 'score_risk'")
    with closing(loaded.platform.connect()) as connection, transaction(connection) as cursor:
        for alert_id, verdict, reason in ALERTS:
            rule_id, _, event_id = alert_id.partition(":")
            cursor.execute(
                "INSERT INTO warehouse.alert_reconciliation "
                "(alert_id, rule_id, event_id, verdict, reason, batch_id) VALUES (%s, %s, %s, %s, %s, %s)",
                (alert_id, rule_id, event_id, verdict, reason, *run),
            )
        for alert_id in ("r1:e0061", "r1:e0062", "r1:e0064"):
            cursor.execute(
                "INSERT INTO warehouse.stream_alerts SELECT %s, 'r1', 1, event_id, 'u', topic, partition, "
                "\"offset\", append_time, 0, '{}', '{}', %s, '{}' FROM warehouse.accepted_events "
                "WHERE event_id = %s",
                (alert_id, *run, alert_id.partition(":")[2]),
            )
        document = json.dumps({"user_id": "u", "event_time_ms": 1_700_000_000_000})
        cursor.execute("INSERT INTO warehouse.missed_alerts VALUES ('r2:e0063', %s, %s)", (document, *run))
    return loaded


def reader(loaded: Loaded) -> closing[Connection]:
    return closing(connect(dsn_as(loaded.platform.settings, BI_ROLE)))


def read(loaded: Loaded, query: str) -> list[tuple[Any, ...]]:
    with reader(loaded) as connection, transaction(connection) as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def views(loaded: Loaded) -> list[str]:
    names = loaded.platform.rows(
        "SELECT relname FROM pg_class WHERE relnamespace = 'bi'::regnamespace AND relkind IN ('v', 'm')"
    )
    return [name for (name,) in names]


def test_every_figure_of_every_view_comes_again_from_its_rows(judged: Loaded) -> None:
    sent = judged.messages
    without_message: set[str] = set()
    lines: dict[Any, str] = {place(found): json.loads(found.payload or b"")["event_id"] for found in sent}
    with reader(judged) as connection:
        for view in views(judged):
            lineage = find_lineage(connection, view)
            figures = select_figures(connection, lineage, {})
            assert figures, view
            for row in figures:
                assert compute_figure(connection, lineage, row) == row[lineage.figure], (view, row)
                for traced in trace_rows(connection, lineage, row):
                    if traced.row_id in LOANS_WITHOUT_APPLICATION:
                        assert (traced.landed_by, traced.topic) == (None, None)
                        without_message.add(traced.row_id)
                        continue
                    assert traced.landed_by
                    if lineage.event_column and not view.startswith(("fraud_alerts", "alerts", "layer")):
                        assert lines[traced.topic, traced.partition, traced.offset] == traced.row_id
                    if traced.offset is not None:
                        assert traced.offsets
                        assert traced.offset < traced.offsets[str(traced.partition)]
    assert without_message == set(LOANS_WITHOUT_APPLICATION)


def place(message: Any) -> tuple[str, int, int]:
    return (message.topic, message.partition, message.offset)


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.title)
def test_every_chart_has_an_answer(judged: Loaded, chart: Chart) -> None:
    assert read(judged, query_of(chart))


def test_vintage_curves_equal_the_oracle(judged: Loaded) -> None:
    query = "SELECT cohort_month, risk_level, months_since_issue, loans, loans_bad FROM bi.vintage_curves"
    expected = judged.oracle.vintage_curves()
    assert set(read(judged, query)) == expected
    assert max(age for _, _, age, _, _ in expected) >= 5


def test_roll_rates_equal_the_oracle(judged: Loaded) -> None:
    query = "SELECT from_month, from_delinquency, to_delinquency, loans, rate FROM bi.delinquency_roll_rates"
    assert set(read(judged, query)) == judged.oracle.roll_rates()


def test_the_funnel_equals_the_oracle(judged: Loaded) -> None:
    query = "SELECT stage, sum(applications)::bigint FROM bi.approval_funnel GROUP BY stage"
    assert Counter(dict(read(judged, query))) == judged.oracle.funnel()


def test_alerts_are_counted_by_verdict_and_agreement(judged: Loaded) -> None:
    alerts = "SELECT rule_id, verdict, alerts FROM bi.alerts_over_time"
    assert set(read(judged, alerts)) == {
        ("r1", "confirmed", 1), ("r1", "retracted", 1), ("r1", "provisional", 1), ("r2", "missed", 1)
    }  # fmt: skip
    agreement = (
        "SELECT rule_id, alerts_judged, confirmed, retracted, missed, unexplained FROM bi.layer_agreement"
    )
    assert set(read(judged, agreement)) == {("r1", 2, 1, 1, 0, 0), ("r2", 1, 0, 0, 1, 0)}


def test_the_outcomes_of_all_messages_are_counted(judged: Loaded) -> None:
    query = "SELECT outcome, sum(messages)::bigint FROM bi.data_quality_over_time GROUP BY outcome"
    assert set(read(judged, query)) == {
        ("accepted", len(judged.messages)), ("duplicate", 0), ("not_json", 1)
    }  # fmt: skip


def test_readers_read_while_the_views_are_refreshed(judged: Loaded) -> None:
    with closing(judged.platform.connect()) as batch, reader(judged) as reading:
        with batch.cursor() as refreshing:
            refreshing.execute("SELECT bi.refresh_views()")
            with transaction(reading) as cursor:
                cursor.execute("SET lock_timeout = '300ms'")
                for view in views(judged):
                    cursor.execute(f"SELECT count(*) FROM bi.{view}")
        batch.rollback()


def test_views_that_are_fresh_are_not_refreshed_again(judged: Loaded) -> None:
    with closing(judged.platform.connect()) as connection:
        refresh_views(connection, Progress("refresh_views"))
        assert refresh_views(connection, Progress("refresh_views")) is None


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT bi.refresh_views()",
        "UPDATE bi.lineage SET figure = 'x'",
        "DELETE FROM warehouse.users",
        "SELECT * FROM staging.anything",
    ],
)
def test_readers_change_and_start_nothing(loaded: Loaded, statement: str) -> None:
    with (
        reader(loaded) as connection,
        pytest.raises((psycopg2.errors.InsufficientPrivilege, psycopg2.errors.UndefinedTable)),
        transaction(connection) as cursor,
    ):
        cursor.execute(statement)


def test_an_unknown_view_or_column_is_named(loaded: Loaded) -> None:
    with reader(loaded) as connection:
        with pytest.raises(
            LineageError, match=r"there is no view bi.nothing; expected one of alerts_over_time"
        ):
            find_lineage(connection, "bi.nothing")
        lineage = find_lineage(connection, "bi.loan_book")
        with pytest.raises(LineageError, match=r"bi.loan_book has no column x; expected one of risk_level"):
            select_figures(connection, lineage, {"x": "1"})
