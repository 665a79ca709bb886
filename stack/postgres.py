"""PostgreSQL from its Python package, on loopback TCP. Where we are root it runs as an ordinary user."""

from __future__ import annotations

import secrets
import signal
from collections.abc import Mapping
from functools import cached_property
from typing import ClassVar
from urllib.parse import urlsplit

import psycopg2

from contract.names import BATCH_ROLE, BI_ROLE, MONITOR_ROLE, OWNER_ROLE
from stack.engine import Engine
from stack.ports import LOOPBACK
from stack.postgres_cluster import PostgresCluster
from stack.processes import Launch

DATABASE = "tandem"
DSN_ROLES = {
    "POSTGRES_DSN": OWNER_ROLE,
    "POSTGRES_BATCH_DSN": BATCH_ROLE,
    "POSTGRES_MONITOR_DSN": MONITOR_ROLE,
    "POSTGRES_BI_DSN": BI_ROLE,
}
SETTINGS = {
    "unix_socket_directories": "",
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "maintenance_work_mem": "128MB",
    "max_connections": "50",
    "log_min_duration_statement": "5s",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


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

    def remove_data(self) -> None:
        """Delete the data of the stopped server."""
        self._cluster.remove()

    def prepare(self) -> None:
        """Create the cluster once, and see that the owner's password is the one in the env file."""
        self._cluster.create()
        self._cluster.wait_for_orphans()
        self._cluster.set_password(OWNER_ROLE, self._password("POSTGRES_DSN"))

    def launch(self, process: str) -> Launch:
        """The postmaster."""
        settings = {"listen_addresses": LOOPBACK, "port": str(self.ports["postgres"]), **SETTINGS}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        cluster = self._cluster
        return Launch(
            process, cluster.command("postgres", "-D", str(cluster.data), *options), cwd=cluster.data
        )

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

    @cached_property
    def _fresh(self) -> dict[str, str]:
        return {}

    @cached_property
    def _cluster(self) -> PostgresCluster:
        return PostgresCluster.at(self.folder.data(self.name), DATABASE, OWNER_ROLE)
