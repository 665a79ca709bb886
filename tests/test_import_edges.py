"""Imports go one way: contract <- rules <- the parts <- stack <- cli, docker, tests, benchmarks."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PARTS = {"ingestion", "flink_jobs", "spark_jobs", "monitoring"}
MAY_IMPORT: dict[str, set[str]] = {
    "contract": set(),
    "rules": {"contract"},
    "storage": {"contract", "rules"},
    "risk_models": {"contract", "storage"},
    **{part: {"contract", "rules", "storage"} for part in PARTS},
    "spark_jobs": {"contract", "rules", "storage", "risk_models"},
    "bi": {"contract", "storage"},
    "data": {"contract", "rules", "ingestion"},
    "docker": {"contract", "rules", "storage", "stack"},
    "stack": {"contract", "rules", "storage", "risk_models", "ingestion", "monitoring", "bi"},
    "cli": {"contract", "rules", "storage", "stack", "spark_jobs"},
}
ENGINES = {"pyflink", "pyspark", "confluent_kafka", "kafka", "pymongo", "psycopg2", "prometheus_client"}
OURS = {*MAY_IMPORT, "tests", "benchmarks"}


@pytest.mark.parametrize("package", sorted(MAY_IMPORT))
def test_a_package_imports_only_what_lies_before_it(package: str) -> None:
    allowed = {package, *MAY_IMPORT[package]}
    wrong = [
        f"{file.relative_to(ROOT)}:{line} imports {name}"
        for file, line, name in _imports(package)
        if name in OURS and name not in allowed
    ]
    assert wrong == []


@pytest.mark.parametrize("package", ["contract", "rules"])
def test_contract_and_rules_import_no_engine(package: str) -> None:
    wrong = [
        f"{file.relative_to(ROOT)}:{line} imports {name}"
        for file, line, name in _imports(package)
        if name in ENGINES
    ]
    assert wrong == []


def test_each_engine_is_imported_by_its_own_jobs_alone() -> None:
    homes = {"pyflink": "flink_jobs", "pyspark": "spark_jobs"}
    wrong = [
        f"{file.relative_to(ROOT)}:{line} imports {name}"
        for package in MAY_IMPORT
        for file, line, name in _imports(package)
        if homes.get(name, package) != package
    ]
    assert wrong == []


def test_every_package_of_the_project_is_held_by_these_tests() -> None:
    packages = {folder.parent.name for folder in ROOT.glob("*/__init__.py")}
    assert packages - OURS == set()


def _imports(package: str) -> Iterator[tuple[Path, int, str]]:
    """Every import in a package: file, line, and the first part of what is imported."""
    for file in sorted((ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from ((file, node.lineno, alias.name.split(".")[0]) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                yield file, node.lineno, node.module.split(".")[0]
