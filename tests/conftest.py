"""The engines of one test process: each starts once, when a test first asks for it, and stops at the end.

A real server that the environment names (KAFKA_BOOTSTRAP_SERVERS, MONGO_URI, ...) is used instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pyspark.sql import SparkSession
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from contract.settings import Settings
from spark_jobs.session import build_session
from stack.environment import read_env
from stack.folder import stack_folder
from stack.up import Stack
from tests.stacks import stack_root

StartEngines = Callable[..., dict[str, str]]
MakeSettings = Callable[..., Settings]
PYSPARK_SOCKETS = (
    "ignore:.*unclosed <socket:ResourceWarning",
    "ignore:.*<socket.socket:pytest.PytestUnraisableExceptionWarning",
)


class FolderScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """A folder's tests go to one process, in their order: what they share is made once."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.partition("::")[0].rpartition("/")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> FolderScheduling:
    """How tests are given to the processes that run side by side."""
    return FolderScheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """PySpark leaves the sockets that it collects rows from to the garbage collector, whenever it comes."""
    uses_spark = [position for position, item in enumerate(items) if "spark" in item.fixturenames]  # type: ignore[attr-defined]
    for item in items[uses_spark[0] :] if uses_spark else []:
        for ignored in PYSPARK_SOCKETS:
            item.add_marker(pytest.mark.filterwarnings(ignored))


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The session's stack, with nothing running yet."""
    with stack_root("stack") as root:
        stack = Stack(stack_folder(root))
        try:
            yield stack
        finally:
            stack.down()


@pytest.fixture(scope="session")
def start_engines(stack: Stack) -> StartEngines:
    """Start the named engines and return the settings, as in the stack's env file."""

    def start(*names: str) -> dict[str, str]:
        stack.up(names)
        return read_env(stack.folder.env)

    return start


@pytest.fixture(scope="session")
def kafka(start_engines: StartEngines) -> str:
    """host:port of a broker."""
    return start_engines("kafka")["KAFKA_BOOTSTRAP_SERVERS"]


@pytest.fixture(scope="session")
def postgres(start_engines: StartEngines) -> str:
    """libpq URL of an empty database `tandem`, as its owner."""
    return start_engines("postgres")["POSTGRES_DSN"]


@pytest.fixture(scope="session")
def mongo(start_engines: StartEngines) -> str:
    """Connection string of the alert store."""
    return start_engines("mongo")["MONGO_URI"]


@pytest.fixture(scope="session")
def flink(start_engines: StartEngines) -> str:
    """REST address of a Flink cluster with four slots."""
    return start_engines("flink")["FLINK_REST_URL"]


@pytest.fixture(scope="session")
def prometheus(start_engines: StartEngines) -> str:
    """Address of a Prometheus that scrapes this stack."""
    return start_engines("prometheus")["PROMETHEUS_URL"]


@pytest.fixture(scope="session")
def settings(stack: Stack) -> MakeSettings:
    """Make settings from what the session's stack serves by now, with overrides by field name.

    `settings(kafka_topic="t")` in a test that also asks for the fixture `kafka`.
    """

    def make(**overrides: Any) -> Settings:
        served = read_env(stack.folder.env)
        values = {name: served.get(name.upper()) for name in Settings.model_fields}
        set_values = {name: value for name, value in values.items() if value is not None}
        unset = {
            name: field.default for name, field in Settings.model_fields.items() if name not in set_values
        }
        return Settings(**{**unset, **set_values, **overrides})

    return make


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    """One Spark application for all tests that run inside this process."""
    session = build_session("tests", {})
    yield session
    session.stop()
