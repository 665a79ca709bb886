"""The whole platform: engines, topics, warehouse, alert store, stream jobs and exporter."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from contract.settings import Settings
from stack.environment import read_env
from stack.environment import settings_of as settings_of
from stack.jobs import StreamJobs
from stack.postgres import Postgres
from stack.up import Stack, Tell
from storage import mongo, postgres
from storage.topics import create_topics


def start_platform(stack: Stack, tell: Tell = print) -> dict[str, str]:
    """Bring everything up; what runs already stays.

    Returns:
        the settings, as in the env file.

    Raises:
        StackError, SettingsError: something does not start; the text says what and why.
    """
    with stack.locked(tell):
        values = stack.up(tell=tell)
        prepare_stores(stack, settings_of(values))
        with ThreadPoolExecutor(max_workers=2) as pool:
            exporter = pool.submit(stack.up, ("exporter",), tell)
            StreamJobs(stack.folder, values).start(tell)
            exporter.result()
    return read_env(stack.folder.env)


def stop_platform(stack: Stack, tell: Tell = print) -> None:
    """Stop the stream jobs, then everything that was started here, those that use others first."""
    values = read_env(stack.folder.env)
    with stack.locked(tell):
        if "FLINK_REST_URL" in values and "CHECKPOINT_URI" in values:
            StreamJobs(stack.folder, values).stop(tell)
        stack.down(tell=tell)


def remove_platform(stack: Stack, tell: Tell = print) -> None:
    """Stop everything and delete what the stack made, also PostgreSQL's data where it lies elsewhere."""
    stop_platform(stack, tell)
    server = stack.engines["postgres"]
    if isinstance(server, Postgres):
        server.remove_data()
    stack.folder.remove()


def prepare_stores(stack: Stack, settings: Settings) -> None:
    """Create topics, bring the warehouse up to date and set up the alert store."""
    with ThreadPoolExecutor(max_workers=3) as pool:
        prepared = [
            pool.submit(create_topics, settings),
            pool.submit(_prepare_warehouse, stack, settings),
            pool.submit(mongo.prepare, settings),
        ]
    for step in prepared:
        step.result()


def _prepare_warehouse(stack: Stack, settings: Settings) -> None:
    postgres.migrate(settings)
    server = stack.engines["postgres"]
    if isinstance(server, Postgres) and not stack.external("postgres"):
        postgres.set_role_passwords(settings, server.role_passwords())
