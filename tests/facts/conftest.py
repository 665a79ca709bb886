"""Spark, shared with the other tests of the session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pyspark.sql import SparkSession

from spark_jobs.session import build_session


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """PySpark leaves the sockets that it collects rows from to the garbage collector."""
    ignored = (
        pytest.mark.filterwarnings("ignore:.*unclosed <socket:ResourceWarning"),
        pytest.mark.filterwarnings("ignore:.*<socket.socket:pytest.PytestUnraisableExceptionWarning"),
    )
    for item in items:
        if "tests/facts" in item.path.as_posix():
            for marker in ignored:
                item.add_marker(marker)


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    session = build_session("tests", {})
    yield session
    session.stop()
