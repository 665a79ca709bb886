"""The engines and one platform a test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from contract.settings import Settings
from tests.reconcile.platform import Platform, make_platform


@pytest.fixture
def platform(
    kafka: str,
    postgres: str,
    mongo: str,
    spark: SparkSession,
    settings: Callable[..., Settings],
    tmp_path: Path,
) -> Platform:
    return make_platform(settings(), spark, tmp_path)
