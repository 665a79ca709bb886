"""Indexes that earn their keep: what the planner does with them on some hundred thousand rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from contract.settings import Settings
from storage.postgres import Cursor, connect, migrate

pytestmark = pytest.mark.engines

FILL = """
INSERT INTO warehouse.processed_transactions
    (transaction_id, user_id, card_id, amount, currency, event_time, merchant_id, batch_id)
SELECT md5(n::text), 'user-' || n % 5000, 'c', 1, 'USD',
       timestamptz '2026-01-01Z' + (n / 2000) * interval '1 day' + (n % 2000) * interval '40 s', 'm', 'b'
FROM generate_series(0, 199999) AS n;
INSERT INTO warehouse.credit_scores
SELECT md5(n::text), 'user-' || n % 5000, 700, 1000, 'USD', NULL, 'Low', 'approve', 1,
       timestamptz '2026-01-01Z' + n * interval '4 min', now(), 0, n, now(), 'b'
FROM generate_series(0, 39999) AS n;
INSERT INTO warehouse.loans (loan_id, user_id, batch_id) SELECT md5(n::text), 'user-' || n % 5000, 'b'
FROM generate_series(0, 39999) AS n;
SELECT bi.refresh_views();
ANALYZE warehouse.processed_transactions, warehouse.credit_scores, warehouse.loans;
"""
DAY = "event_time >= '2026-02-10Z' AND event_time < '2026-02-11Z'"
QUERIES = [
    (
        f"SELECT sum(amount) FROM warehouse.processed_transactions WHERE {DAY}",
        "processed_transactions_by_time",
    ),
    (f"SELECT sum(loan_amount) FROM warehouse.credit_scores WHERE {DAY}", "credit_scores_by_time"),
    ("SELECT * FROM warehouse.loans WHERE user_id = 'user-7'", "loans_by_user"),
    (
        "SELECT * FROM warehouse.processed_transactions WHERE user_id = 'user-7'",
        "processed_transactions_by_user",
    ),
    (
        "SELECT * FROM warehouse.credit_scores WHERE user_id = 'user-7' AND event_time < '2026-03-01Z' "
        'ORDER BY event_time DESC, append_time DESC, partition DESC, "offset" DESC, application_id DESC '
        "LIMIT 1",
        "credit_scores_as_of",
    ),
]


@pytest.fixture(scope="module")
def owner(postgres: str, settings: Callable[..., Settings]) -> Iterator[Cursor]:
    """The owner's cursor in a transaction that is taken back, with 200,000 transactions laid down by day."""
    found = settings()
    migrate(found)
    with closing(connect(found.require("postgres_dsn"))) as connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO warehouse.risk_policies VALUES (1, '{}') ON CONFLICT DO NOTHING")
        cursor.execute(FILL)
        yield cursor
        connection.rollback()


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def explain(cursor: Cursor, query: str) -> dict[str, Any]:
    cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query}")
    ((plan,),) = cursor.fetchall()
    found: dict[str, Any] = plan[0]["Plan"]
    return found


@pytest.mark.parametrize(("query", "index"), QUERIES, ids=[index for _, index in QUERIES])
def test_the_planner_uses_the_index(owner: Cursor, query: str, index: str) -> None:
    assert index in {node.get("Index Name") for node in nodes(explain(owner, query))}


def test_a_day_of_a_hundred_is_read_from_a_few_percent_of_the_pages(owner: Cursor) -> None:
    plan = explain(owner, QUERIES[0][0])
    owner.execute("SELECT relpages FROM pg_class WHERE oid = 'warehouse.processed_transactions'::regclass")
    ((pages,),) = owner.fetchall()
    assert (plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]) / pages < 0.05


def test_a_block_range_index_is_a_hundredth_of_a_tree(owner: Cursor) -> None:
    owner.execute("CREATE INDEX tree ON warehouse.processed_transactions (event_time)")
    owner.execute(
        "SELECT pg_relation_size('warehouse.tree'), "
        "pg_relation_size('warehouse.processed_transactions_by_time')"
    )
    ((tree, ranges),) = owner.fetchall()
    owner.execute("DROP INDEX warehouse.tree")
    assert ranges < tree / 50
