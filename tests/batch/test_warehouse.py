"""Migrations and the rights of the roles."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from shutil import copytree

import psycopg2
import pytest

from contract.names import BATCH_ROLE, BI_ROLE, MONITOR_ROLE
from contract.settings import Settings, SettingsError
from storage.postgres import (
    MIGRATIONS,
    Cursor,
    MigrationError,
    connect,
    load_migrations,
    migrate,
    require_migrated,
    set_role_passwords,
    transaction,
)
from tests.batch.platform import dsn_as

pytestmark = pytest.mark.engines

Denied = psycopg2.errors.InsufficientPrivilege


@contextmanager
def role(warehouse: Settings, name: str) -> Iterator[Cursor]:
    with closing(connect(dsn_as(warehouse, name))) as connection, transaction(connection) as cursor:
        yield cursor


@pytest.fixture
def migrations(tmp_path: Path) -> Path:
    return copytree(MIGRATIONS, tmp_path / "migrations")


def test_migrating_an_up_to_date_warehouse_changes_nothing(warehouse: Settings) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(migrate, [warehouse] * 4)) == [[]] * 4
    with closing(connect(warehouse.batch_dsn)) as connection:
        require_migrated(connection)


def test_a_new_file_is_applied_once_with_the_owners_rights(warehouse: Settings, migrations: Path) -> None:
    version = load_migrations()[-1].version + 1
    file = migrations / f"{version:04d}_probe.sql"
    file.write_text("CREATE TABLE warehouse.probe (n integer);")
    try:
        assert migrate(warehouse, migrations) == [file.stem]
        assert migrate(warehouse, migrations) == []
        with role(warehouse, BI_ROLE) as cursor:
            cursor.execute("SELECT * FROM warehouse.probe")
    finally:
        with (
            closing(connect(warehouse.require("postgres_dsn"))) as connection,
            transaction(connection) as cursor,
        ):
            cursor.execute("DROP TABLE IF EXISTS warehouse.probe")
            cursor.execute("DELETE FROM warehouse.schema_migrations WHERE version = %s", (version,))


def test_a_migration_that_fails_leaves_nothing(warehouse: Settings, migrations: Path) -> None:
    version = load_migrations()[-1].version + 1
    (migrations / f"{version:04d}_broken.sql").write_text(
        "CREATE TABLE warehouse.half (n integer); SELECT 1/0;"
    )
    with pytest.raises(psycopg2.errors.DivisionByZero):
        migrate(warehouse, migrations)
    with role(warehouse, BATCH_ROLE) as cursor:
        cursor.execute("SELECT to_regclass('warehouse.half'), max(version) FROM warehouse.schema_migrations")
        assert cursor.fetchall() == [(None, version - 1)]


def test_an_old_file_that_changed_is_refused(warehouse: Settings, migrations: Path) -> None:
    first = migrations / "0001_warehouse.sql"
    first.write_text(first.read_text() + "\n-- later\n")
    with pytest.raises(MigrationError, match=r"0001_warehouse.sql has changed since it was applied"):
        migrate(warehouse, migrations)


def test_a_warehouse_that_is_ahead_of_the_code_is_refused(warehouse: Settings, migrations: Path) -> None:
    newest = load_migrations()[-1].name
    (migrations / f"{newest}.sql").unlink()
    with pytest.raises(MigrationError, match=f"has migration {newest}, which this code lacks"):
        migrate(warehouse, migrations)


def test_a_first_file_that_is_absent_is_named(migrations: Path) -> None:
    (migrations / "0001_warehouse.sql").unlink()
    with pytest.raises(MigrationError, match="expected version 0001, found 0002"):
        load_migrations(migrations)


def test_two_files_of_one_version_are_named(migrations: Path) -> None:
    (migrations / "0002_again.sql").write_text("SELECT 1;")
    with pytest.raises(MigrationError, match="0002_again and 0002_reconciliation have one version"):
        load_migrations(migrations)


def test_a_file_between_applied_ones_is_missed(warehouse: Settings) -> None:
    with (
        closing(connect(warehouse.require("postgres_dsn"))) as connection,
        transaction(connection) as cursor,
    ):
        cursor.execute("DELETE FROM warehouse.schema_migrations WHERE version = 2 RETURNING *")
        ((*row,),) = cursor.fetchall()
    try:
        with (
            closing(connect(warehouse.batch_dsn)) as batch,
            pytest.raises(SettingsError, match="lacks migration 0002"),
        ):
            require_migrated(batch)
    finally:
        with (
            closing(connect(warehouse.require("postgres_dsn"))) as connection,
            transaction(connection) as cursor,
        ):
            cursor.execute("INSERT INTO warehouse.schema_migrations VALUES (%s, %s, %s, %s)", row)


def test_a_server_that_does_not_answer_is_named_without_the_password(
    settings: Callable[..., Settings],
) -> None:
    with pytest.raises(
        SettingsError, match=r"POSTGRES_DSN: cannot connect to PostgreSQL at 127.0.0.1:9"
    ) as caught:
        connect("postgresql://someone:hidden@127.0.0.1:9/tandem")
    assert "hidden" not in str(caught.value)


def test_only_known_roles_get_a_password(warehouse: Settings) -> None:
    with pytest.raises(ValueError, match="expected one of tandem_owner"):
        set_role_passwords(warehouse, {"postgres": "x"})


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT payload FROM warehouse.data_quality_issues",
        "SELECT * FROM warehouse.data_quality_issues",
        "UPDATE warehouse.credit_scores SET risk_level = 'Low'",
        "DELETE FROM warehouse.processed_transactions",
        "CREATE TABLE bi.mine (n integer)",
        "CREATE TABLE staging.mine (n integer)",
    ],
)
def test_bi_reads_no_payload_and_writes_nothing(warehouse: Settings, statement: str) -> None:
    with pytest.raises(Denied), role(warehouse, BI_ROLE) as cursor:
        cursor.execute(statement)


def test_bi_reads_the_views_and_the_tables(warehouse: Settings) -> None:
    with role(warehouse, BI_ROLE) as cursor:
        for name in ("risk_level_distribution", "quarantine_by_reason", "fraud_alerts"):
            cursor.execute(f"SELECT * FROM bi.{name}")
        for name in ("credit_scores", "processed_transactions", "batch_runs", "alert_reconciliation"):
            cursor.execute(f"SELECT * FROM warehouse.{name}")
        cursor.execute('SELECT topic, "offset", reason, detail FROM warehouse.data_quality_issues')


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE warehouse.credit_scores",
        "TRUNCATE warehouse.credit_scores",
        "DELETE FROM warehouse.accepted_events",
        "UPDATE warehouse.accepted_events SET event_type = 'label'",
        "UPDATE warehouse.alert_reconciliation_history SET verdict = 'confirmed'",
        "DELETE FROM warehouse.alert_reconciliation_history",
        "UPDATE warehouse.risk_policies SET definition = '{}'",
        "CREATE TABLE warehouse.mine (n integer)",
        "UPDATE warehouse.schema_migrations SET checksum = ''",
    ],
)
def test_the_batch_drops_nothing_and_rewrites_no_history(warehouse: Settings, statement: str) -> None:
    with pytest.raises(Denied), role(warehouse, BATCH_ROLE) as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT payload FROM warehouse.data_quality_issues",
        "SELECT user_id FROM warehouse.processed_transactions",
        "SELECT evidence FROM warehouse.stream_alerts",
        "INSERT INTO warehouse.batch_inputs VALUES ('a', 'b')",
    ],
)
def test_monitoring_counts_and_sees_no_content(warehouse: Settings, statement: str) -> None:
    with role(warehouse, MONITOR_ROLE) as cursor:
        cursor.execute("SELECT reason, count(*) FROM warehouse.data_quality_issues GROUP BY reason")
    with pytest.raises(Denied), role(warehouse, MONITOR_ROLE) as cursor:
        cursor.execute(statement)


def test_every_table_and_view_says_what_a_row_is(warehouse: Settings) -> None:
    with role(warehouse, BATCH_ROLE) as cursor:
        cursor.execute(
            "SELECT c.relname, obj_description(c.oid) "
            "FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace "
            "WHERE n.nspname IN ('warehouse', 'bi') AND c.relkind IN ('r', 'v') "
            "AND coalesce(obj_description(c.oid), '') NOT LIKE 'One row per %'"
        )
        assert cursor.fetchall() == []
