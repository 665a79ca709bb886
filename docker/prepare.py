"""``python docker/prepare.py``: topics, migrations, passwords of the roles, indexes; safe to repeat."""

from __future__ import annotations

import sys
from urllib.parse import unquote, urlsplit

from contract.settings import Settings, SettingsError, load_settings
from storage import mongo
from storage.postgres import MigrationError, migrate, set_role_passwords
from storage.topics import create_topics


def role_passwords(settings: Settings) -> dict[str, str]:
    """The logins of the jobs' own addresses: role -> password."""
    addresses = (settings.require("postgres_batch_dsn"), settings.require("postgres_monitor_dsn"))
    parts = [urlsplit(address) for address in addresses]
    return {unquote(part.username or ""): unquote(part.password or "") for part in parts}


def prepare(settings: Settings) -> None:
    """Bring the stores to the state that this code expects.

    Raises:
        SettingsError, MigrationError: a store does not answer or is in another state.
    """
    create_topics(settings)
    migrate(settings)
    set_role_passwords(settings, role_passwords(settings))
    mongo.prepare(settings)


if __name__ == "__main__":
    try:
        prepare(load_settings())
    except (SettingsError, MigrationError) as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(2)
