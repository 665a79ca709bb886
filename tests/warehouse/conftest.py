"""One warehouse, filled in three runs with events whose rows an oracle knows."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

import pytest
from pydantic import SecretStr
from pyspark.sql import SparkSession

from contract.names import BATCH_ROLE
from contract.settings import Settings
from spark_jobs.progress import Progress
from spark_jobs.view_refresh import refresh_views
from tests.batch.oracle import Message
from tests.batch.platform import Platform, dsn_as, empty_warehouse, make_platform
from tests.warehouse.events import draw_events
from tests.warehouse.oracle import Oracle

RUNS = 2


@dataclass
class Loaded:
    """A warehouse that took in events in several runs, what it was sent, and what must stand in it."""

    platform: Platform
    oracle: Oracle
    messages: list[Message]


def prepare(settings: Callable[..., Settings]) -> Settings:
    """Settings of an up-to-date warehouse without rows, whose roles can log in."""
    found = settings()
    empty_warehouse(found)
    return found.model_copy(update={"postgres_batch_dsn": SecretStr(dsn_as(found, BATCH_ROLE))})


@pytest.fixture(scope="package")
def loaded(
    kafka: str,
    postgres: str,
    settings: Callable[..., Settings],
    spark: SparkSession,
    tmp_path_factory: pytest.TempPathFactory,
) -> Loaded:
    platform = make_platform(prepare(settings), tmp_path_factory.mktemp("warehouse"))
    platform.spark = spark
    return load(platform, draw_events(5, 600))


def load(platform: Platform, events: list[dict[str, object]], runs: int = RUNS) -> Loaded:
    """Send, land and score the events in some parts; refresh the views after each."""
    oracle, messages = Oracle(), []
    part = -(-len(events) // runs)
    for first in range(0, len(events), part):
        sent = platform.send([(json.dumps(event).encode(), None) for event in events[first : first + part]])
        oracle.land(sent)
        messages += sent
        platform.land()
        platform.score()
        with closing(platform.connect()) as connection:
            refresh_views(connection, Progress("refresh_views"))
    return Loaded(platform, oracle, messages)
