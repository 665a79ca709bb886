"""The engines, and one empty warehouse, lake and topic a test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr
from pyspark.sql import SparkSession

from contract.names import BATCH_ROLE
from contract.settings import Settings
from tests.batch.platform import Platform, dsn_as, empty_warehouse, make_platform


@pytest.fixture
def warehouse(postgres: str, settings: Callable[..., Settings]) -> Settings:
    """Settings of an up-to-date warehouse without rows, whose roles can log in."""
    found = settings()
    empty_warehouse(found)
    return found.model_copy(update={"postgres_batch_dsn": SecretStr(dsn_as(found, BATCH_ROLE))})


@pytest.fixture
def platform(kafka: str, warehouse: Settings, tmp_path: Path) -> Platform:
    return make_platform(warehouse.model_copy(update={"kafka_bootstrap_servers": kafka}), tmp_path)


@pytest.fixture
def batch(platform: Platform, spark: SparkSession) -> Platform:
    platform.spark = spark
    return platform
