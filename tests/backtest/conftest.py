"""One Spark session for the tests of backtests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from spark_jobs.session import build_session


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """PySpark leaves the sockets that it collects rows from to the garbage collector."""
    ignore_sockets = pytest.mark.filterwarnings("ignore:.*unclosed <socket:ResourceWarning")
    ignore_unraisable = pytest.mark.filterwarnings(
        "ignore:.*<socket.socket:pytest.PytestUnraisableExceptionWarning"
    )
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(ignore_sockets)
            item.add_marker(ignore_unraisable)


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    session = build_session("tests", {})
    yield session
    session.stop()
