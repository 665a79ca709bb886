"""PostgreSQL: connections, migrations and the passwords of the roles.

``python -m storage.postgres`` brings the warehouse of POSTGRES_DSN up to date.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import psycopg2
from psycopg2 import extensions, sql

from contract.names import BATCH_ROLE, BI_ROLE, MONITOR_ROLE, OWNER_ROLE
from contract.settings import Settings, SettingsError, load_settings

Connection = extensions.connection
Cursor = extensions.cursor

MIGRATIONS = Path(__file__).with_name("migrations")
ROLES_SQL = Path(__file__).with_name("roles.sql")
LOGIN_ROLES = (OWNER_ROLE, BATCH_ROLE, MONITOR_ROLE, BI_ROLE)

CONNECT_TIMEOUT_S = 10
MIGRATION_LOCK = 0x7A6D_6967
"""Key of the advisory lock that one migrating session holds."""

_LEDGER_SQL = """
CREATE TABLE IF NOT EXISTS warehouse.schema_migrations (
    version integer PRIMARY KEY,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE warehouse.schema_migrations IS
    'One row per applied migration file; checksum is its SHA-256.';
"""


class MigrationError(Exception):
    """The migration files and the database disagree; the text says where and what to do."""


@dataclass(frozen=True)
class Migration:
    """One ``NNNN_name.sql`` file."""

    version: int
    name: str
    text: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the text, in hex."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def connect(dsn: str, *, setting: str = "POSTGRES_DSN", application: str = "tandem") -> Connection:
    """Open a connection.

    Raises:
        SettingsError: nothing answers; one line names the setting and the address, never the password.
    """
    try:
        return psycopg2.connect(
            dsn, connect_timeout=CONNECT_TIMEOUT_S, application_name=application, options="-c timezone=UTC"
        )
    except psycopg2.OperationalError as error:
        raise SettingsError(
            f"{setting}: cannot connect to PostgreSQL at {_address(dsn)}: {_first_line(error)}"
        ) from None


def connect_batch(settings: Settings, application: str) -> Connection:
    """Open a connection as the batch role."""
    setting = "POSTGRES_BATCH_DSN" if settings.postgres_batch_dsn else "POSTGRES_DSN"
    return connect(settings.batch_dsn, setting=setting, application=application)


@contextmanager
def transaction(connection: Connection) -> Iterator[Cursor]:
    """Give a cursor; commit at the end, roll back on an error."""
    with connection, connection.cursor() as cursor:
        yield cursor


def load_migrations(folder: Path = MIGRATIONS) -> tuple[Migration, ...]:
    """Read the migration files in order.

    Raises:
        MigrationError: a name is malformed, the first version is absent, or one is there twice.
    """
    migrations = tuple(_read_migration(path) for path in sorted(folder.glob("*.sql")))
    if not migrations or migrations[0].version != 1:
        found = migrations[0].name if migrations else "no file"
        raise MigrationError(f"{folder}: expected version 0001, found {found}")
    for one, next_one in pairwise(migrations):
        if one.version == next_one.version:
            raise MigrationError(
                f"{folder}: {one.name} and {next_one.name} have one version; each has its own"
            )
    return migrations


def migrate(settings: Settings, folder: Path = MIGRATIONS) -> list[str]:
    """Bring the warehouse up to date, and return the names of the migrations applied now.

    Safe to run at any time and by several at once: they take turns by an advisory lock,
    and each migration is one transaction with its ledger row.

    Raises:
        SettingsError: no server answers, or the role lacks a right.
        MigrationError: a file that was applied has changed since, or one is unknown here.
    """
    migrations = load_migrations(folder)
    with closing(connect(settings.require("postgres_dsn"), application="tandem-migrate")) as connection:
        with transaction(connection) as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", (MIGRATION_LOCK,))
        _prepare_roles(connection)
        applied = _applied_checksums(connection)
        _check_history(migrations, applied)
        pending = [migration for migration in migrations if migration.version not in applied]
        for migration in pending:
            _apply(connection, migration)
    return [migration.name for migration in pending]


def require_migrated(connection: Connection) -> None:
    """Check that the warehouse has every migration of this code.

    Raises:
        SettingsError: it has not; the text says what to run.
    """
    with transaction(connection) as cursor:
        cursor.execute("SELECT to_regclass('warehouse.schema_migrations') IS NOT NULL")
        ledger_is_there = _one(cursor)[0]
    applied = _applied_checksums(connection) if ledger_is_there else {}
    missing = [migration.name for migration in load_migrations() if migration.version not in applied]
    if missing:
        raise SettingsError(
            f"POSTGRES_DSN: the warehouse lacks migration {missing[0]}, which this code needs: "
            "run `make up` or `python -m storage.postgres`"
        )


def set_role_passwords(settings: Settings, passwords: Mapping[str, str]) -> None:
    """Give roles a password and the right to log in.

    Raises:
        ValueError: a name is not one of Tandem's roles.
    """
    for role in passwords:
        if role not in LOGIN_ROLES:
            raise ValueError(f"expected one of {', '.join(LOGIN_ROLES)}, got {role!r}")
    with closing(connect(settings.require("postgres_dsn"))) as connection, transaction(connection) as cursor:
        for role, password in passwords.items():
            statement = sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}")
            cursor.execute(statement.format(sql.Identifier(role), sql.Literal(password)))


def _read_migration(path: Path) -> Migration:
    match = re.fullmatch(r"(\d{4})_[a-z0-9_]+", path.stem)
    if not match:
        raise MigrationError(f"{path}: expected a name like 0002_add_column.sql")
    return Migration(int(match[1]), path.stem, path.read_text(encoding="utf-8"))


def _prepare_roles(connection: Connection) -> None:
    try:
        with transaction(connection) as cursor:
            cursor.execute(ROLES_SQL.read_text(encoding="utf-8"))
            cursor.execute("SET LOCAL ROLE tandem_owner")
            cursor.execute(_LEDGER_SQL)
    except psycopg2.errors.InsufficientPrivilege as error:
        raise SettingsError(
            f"POSTGRES_DSN: this role may not set up the warehouse ({_first_line(error)}); connect as a role "
            "with CREATEROLE that owns the database, or have storage/roles.sql run by one"
        ) from None


def _applied_checksums(connection: Connection) -> dict[int, tuple[str, str]]:
    with transaction(connection) as cursor:
        cursor.execute("SELECT version, name, checksum FROM warehouse.schema_migrations")
        return {version: (name, checksum) for version, name, checksum in cursor.fetchall()}


def _check_history(migrations: tuple[Migration, ...], applied: Mapping[int, tuple[str, str]]) -> None:
    known = {migration.version: migration for migration in migrations}
    for version, (name, checksum) in sorted(applied.items()):
        if version not in known:
            raise MigrationError(f"the warehouse has migration {name}, which this code lacks: use newer code")
        if known[version].checksum != checksum:
            raise MigrationError(
                f"{known[version].name}.sql has changed since it was applied: restore it, "
                "and put the change into a new file"
            )


def _apply(connection: Connection, migration: Migration) -> None:
    with transaction(connection) as cursor:
        cursor.execute("SET LOCAL ROLE tandem_owner")
        cursor.execute(migration.text)
        cursor.execute(
            "INSERT INTO warehouse.schema_migrations (version, name, checksum) VALUES (%s, %s, %s)",
            (migration.version, migration.name, migration.checksum),
        )


def _address(dsn: str) -> str:
    parts = extensions.parse_dsn(dsn)
    place = f"{parts.get('host', 'localhost')}:{parts.get('port', '5432')}/{parts.get('dbname', '')}"
    return f"{place} as {parts.get('user', 'the default user')}"


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _one(cursor: Cursor) -> tuple[object, ...]:
    row = cursor.fetchone()
    if row is None:
        raise LookupError("expected one row, got none")
    return row


if __name__ == "__main__":
    try:
        names = migrate(load_settings())
    except (SettingsError, MigrationError) as problem:
        sys.exit(f"error: {problem}")
    sys.stdout.write(f"applied: {', '.join(names) if names else 'nothing, it is up to date'}\n")
