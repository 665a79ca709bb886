from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from ingestion.event_files import open_event_file
from tests.ingestion.conftest import PROJECT

NOW_MS = 1_800_000_000_000
FILES = ("transactions.csv", "loan_applications.csv")


def write(folder: Path, *arguments: str) -> Path:
    command = [sys.executable, "data/generate_dummy_data.py", "--output", str(folder), *arguments]
    subprocess.run(command, cwd=PROJECT, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("data"), "--rows", "600", "--applications", "150")


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_columns_are_as_agreed(folder: Path) -> None:
    assert list(rows(folder / "transactions.csv")[0]) == [
        *("transaction_id", "user_id", "amount", "timestamp", "location", "merchant", "card_type"),
        *("device_id", "credit_score", "risk_level", "is_fraud"),
    ]
    assert list(rows(folder / "loan_applications.csv")[0]) == [
        *("application_id", "user_id", "credit_score", "loan_amount", "timestamp", "region"),
    ]


def test_the_number_of_rows_is_what_was_asked_for(folder: Path) -> None:
    assert [len(rows(folder / name)) for name in FILES] == [600, 150]


def test_the_same_seed_writes_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    again = write(tmp_path / "again", "--rows", "600", "--applications", "150")
    other = write(tmp_path / "other", "--rows", "600", "--applications", "150", "--seed", "8")
    for name in FILES:
        assert (folder / name).read_bytes() == (again / name).read_bytes()
        assert (folder / name).read_bytes() != (other / name).read_bytes()


@pytest.mark.parametrize("name", FILES)
def test_every_row_can_be_sent(name: str, folder: Path) -> None:
    for path in (folder / name, PROJECT / "data/samples" / name):
        file = open_event_file(path, NOW_MS)
        sent = {message.event_id for batch in file.batches() for message in batch}
        assert not file.rejected
        assert {next(iter(row.values())) for row in rows(path)} <= sent


def test_risk_levels_follow_the_scores_and_fraud_is_seldom(folder: Path) -> None:
    transactions = rows(folder / "transactions.csv")
    for row in transactions:
        score = int(row["credit_score"])
        assert row["risk_level"] == ("Low" if score >= 700 else "Medium" if score >= 500 else "High")
    assert sum(row["is_fraud"] == "1" for row in transactions) == 12


def test_the_samples_are_small() -> None:
    assert all(len(rows(PROJECT / "data/samples" / name)) <= 200 for name in FILES)
