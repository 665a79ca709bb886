"""Readers that are kept to a region see its rows alone; the others see all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest

from contract.names import BI_ROLE, MONITOR_ROLE
from storage.postgres import connect, transaction
from tests.batch.platform import ROLE_PASSWORD, dsn_as
from tests.warehouse.conftest import Loaded

pytestmark = pytest.mark.engines

REGIONS = {
    table: f"SELECT DISTINCT region FROM warehouse.{table}" for table in ("credit_scores", "users", "loans")
}


@pytest.fixture(scope="module")
def northern_dsn(loaded: Loaded) -> Iterator[str]:
    """A reader's login that is kept to the region North."""
    owner = loaded.platform.settings.require("postgres_dsn")
    with closing(connect(owner)) as connection:
        with transaction(connection) as cursor:
            cursor.execute("CREATE ROLE northern LOGIN PASSWORD %s IN ROLE bi_reader", (ROLE_PASSWORD,))
            cursor.execute("INSERT INTO bi.region_rights VALUES ('northern', 'North')")
        parts = urlsplit(owner)
        yield urlunsplit(parts._replace(netloc=f"northern:{ROLE_PASSWORD}@{parts.hostname}:{parts.port}"))
        with transaction(connection) as cursor:
            cursor.execute("DELETE FROM bi.region_rights")
            cursor.execute("DROP ROLE northern")


def regions(dsn: str, table: str) -> set[str | None]:
    with closing(connect(dsn)) as connection, transaction(connection) as cursor:
        cursor.execute(REGIONS[table])
        return {region for (region,) in cursor.fetchall()}


@pytest.mark.parametrize("table", REGIONS)
def test_a_reader_that_is_kept_to_a_region_sees_no_other(
    loaded: Loaded, northern_dsn: str, table: str
) -> None:
    assert regions(northern_dsn, table) == {"North"}
    assert regions(dsn_as(loaded.platform.settings, BI_ROLE), table) >= {"North", "South", None}


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO bi.region_rights VALUES ('northern', 'South')",
        "DELETE FROM bi.region_rights",
        "SELECT payload FROM warehouse.data_quality_issues",
        "SET ROLE tandem_batch",
    ],
)
def test_a_kept_reader_gives_itself_no_more(northern_dsn: str, statement: str) -> None:
    with (
        closing(connect(northern_dsn)) as connection,
        pytest.raises(psycopg2.errors.InsufficientPrivilege),
        transaction(connection) as cursor,
    ):
        cursor.execute(statement)


def test_becoming_the_common_reader_shows_no_more(northern_dsn: str) -> None:
    with closing(connect(northern_dsn)) as connection, transaction(connection) as cursor:
        cursor.execute("SET ROLE bi_reader")
        cursor.execute(REGIONS["loans"])
        assert cursor.fetchall() == [("North",)]


def test_monitoring_still_counts_all(loaded: Loaded) -> None:
    (expected,) = loaded.platform.rows("SELECT count(*) FROM warehouse.credit_scores")
    monitor = dsn_as(loaded.platform.settings, MONITOR_ROLE)
    with closing(connect(monitor)) as connection, transaction(connection) as cursor:
        cursor.execute("SELECT count(decision) FROM warehouse.credit_scores")
        assert cursor.fetchall() == [expected]
