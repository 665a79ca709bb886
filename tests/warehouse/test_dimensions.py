"""Users, merchants, loans, payments and outcomes: equal to an oracle whatever order the events came in."""

from __future__ import annotations

from contextlib import closing

import psycopg2
import pytest

from tests.warehouse.conftest import Loaded

pytestmark = pytest.mark.engines

USERS = (
    "SELECT user_id, valid_from, valid_to, application_id, credit_score, risk_level, region, annual_income "
    "FROM warehouse.users"
)
MERCHANTS = (
    "SELECT merchant_id, merchant_category, country, city, first_transaction_at, last_transaction_at, "
    "last_transaction_id FROM warehouse.merchants"
)
LOANS = (
    "SELECT loan_id, user_id, loan_amount, issued_at, payments_made, payments_missed, amount_paid, "
    "first_payment_at, last_payment_at, delinquency, days_past_due_max, defaulted_at FROM warehouse.loans"
)
KNOWN_FRAUD = "SELECT transaction_id, is_fraud, is_fraud_known_at FROM warehouse.processed_transactions"
UNLIKE_LEVELS = (
    "SELECT t.transaction_id FROM warehouse.processed_transactions t LEFT JOIN warehouse.users u "
    "ON u.user_id = t.user_id AND u.valid_from <= t.event_time "
    "AND t.event_time < coalesce(u.valid_to, 'infinity') "
    "WHERE (u.credit_score, u.risk_level) IS DISTINCT FROM (t.credit_score, t.risk_level)"
)


def test_users_have_a_period_for_each_application(loaded: Loaded) -> None:
    expected = loaded.oracle.users()
    assert set(loaded.platform.rows(USERS)) == expected
    assert len(expected) > 60


def test_the_level_of_a_transaction_is_that_of_its_users_period(loaded: Loaded) -> None:
    assert loaded.platform.rows(UNLIKE_LEVELS) == []


def test_merchants_are_as_their_latest_transaction_says(loaded: Loaded) -> None:
    assert set(loaded.platform.rows(MERCHANTS)) == loaded.oracle.merchants()


def test_loans_carry_their_payment_behaviour(loaded: Loaded) -> None:
    expected = loaded.oracle.loans()
    assert set(loaded.platform.rows(LOANS)) == expected
    assert {loan[9] for loan in expected} >= {"no payment due", "current", "1-29", "30-59", "60-89", "90+"}


def test_fraud_is_known_from_the_date_of_the_label_in_force(loaded: Loaded) -> None:
    assert set(loaded.platform.rows(KNOWN_FRAUD)) == loaded.oracle.known_fraud()


def test_all_that_labels_ever_said_is_kept(loaded: Loaded) -> None:
    said = "SELECT label_event_id, labelled_event_id, is_fraud, source FROM warehouse.fraud_outcomes"
    assert set(loaded.platform.rows(said)) == {
        (event["event_id"], event["labelled_event_id"], event["is_fraud"], event["source"])
        for event in loaded.oracle.of("label")
    }


def test_scoring_all_history_again_changes_no_row(loaded: Loaded) -> None:
    tables = (USERS, MERCHANTS, LOANS, KNOWN_FRAUD)
    before = [sorted(map(repr, loaded.platform.rows(table))) for table in tables]
    scored = loaded.platform.score(recompute=True)
    assert [sorted(map(repr, loaded.platform.rows(table))) for table in tables] == before
    changed = {table: rows for table, rows in scored.rows_by_table.items() if rows}
    assert changed == {"model_uses": 1}, "which model a run used is a row of its own"


@pytest.mark.parametrize(
    ("valid_from", "valid_to"),
    [("2020-01-01", None), ("2020-01-01", "2030-01-01"), ("2010-01-01", "2020-01-01")],
    ids=["two current rows", "an end where none begins", "two rows with one end"],
)
def test_periods_of_a_user_that_overlap_or_leave_a_gap_are_refused(
    loaded: Loaded, valid_from: str, valid_to: str | None
) -> None:
    insert = "INSERT INTO warehouse.users (user_id, valid_from, valid_to, batch_id) VALUES ('u', %s, %s, 'b')"
    with closing(loaded.platform.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(insert, ("2000-01-01", "2020-06-01"))
        cursor.execute(insert, ("2020-06-01", None))
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute(insert, (valid_from, valid_to))
        with pytest.raises(psycopg2.IntegrityError):
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        connection.rollback()
