"""The command line: plain entry points, one-line errors, exit statuses."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from contract.settings import Settings
from spark_jobs.runs import run
from tests.batch.events import application, transaction
from tests.batch.platform import Platform, environment_of, events_jsonl

ROOT = Path(__file__).resolve().parents[2]


def job(name: str, environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, f"spark_jobs/{name}.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240)


@pytest.mark.parametrize("name", ["land_events", "score_risk", "score_and_reconcile", "score_fraud"])
def test_an_unset_setting_is_one_line(name: str, settings: Callable[..., Settings]) -> None:
    environment = environment_of(Settings(), os.environ)
    for setting in ("KAFKA_BOOTSTRAP_SERVERS", "POSTGRES_DSN", "LAKE_URI"):
        environment.pop(setting, None)
    ended = job(name, environment)
    assert ended.returncode == 2
    assert ended.stderr.startswith("error: LAKE_URI is not set: run `make up`")
    assert ended.stderr.count("\n") == 1


def test_a_warehouse_that_does_not_answer_is_one_line() -> None:
    nowhere = Settings(
        kafka_bootstrap_servers="127.0.0.1:9", postgres_dsn="postgresql://a@127.0.0.1:9/b", lake_uri="/none"
    )
    ended = job("score_risk", environment_of(nowhere, os.environ))
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
    assert "POSTGRES_DSN: cannot connect to PostgreSQL at 127.0.0.1:9/b as a" in ended.stderr


@pytest.mark.engines
def test_spark_submit_lands_and_scores_and_sums_up(platform: Platform) -> None:
    file = platform.folder / "events.jsonl"
    file.write_bytes(events_jsonl([application("a1"), transaction("t1"), transaction("t1")]) + b"{}\n")
    environment = environment_of(platform.settings, os.environ)
    jars = ",".join(
        str(jar) for folder in ("spark", "tandem") for jar in (ROOT / ".tools/jars" / folder).glob("*.jar")
    )
    submit = str(Path(sys.executable).with_name("spark-submit"))
    command = [
        submit,
        "--master",
        "local[2]",
        "--jars",
        jars,
        "spark_jobs/score_risk.py",
        "--input",
        str(file),
    ]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240)
    assert ended.returncode == 0, ended.stderr
    figures = {
        line[:48].strip(): line[48:].strip() for line in ended.stdout.splitlines() if line.startswith("  ")
    }
    expected = {"read": "4", "accepted": "2", "duplicate": "1", "quarantined": "1", "unknown_event_type": "1"}
    assert {name: figures[name] for name in expected} == expected
    assert platform.rows("SELECT transaction_id, risk_level FROM warehouse.processed_transactions") == [
        ("t1", "Medium")
    ]


@pytest.mark.engines
def test_a_second_score_exits_with_3_while_one_is_going_on(platform: Platform) -> None:
    with closing(platform.connect()) as connection, run(connection, "land_events"):
        ended = job("score_risk", environment_of(platform.settings, os.environ))
    assert ended.returncode == 3
    assert "error: another run of land_events is going on" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.engines
def test_an_unreachable_broker_and_an_absent_topic_are_one_line(platform: Platform) -> None:
    for changes, expected in (
        ({"kafka_topic": "absent"}, "error: KAFKA_TOPIC: cannot read topic absent"),
        (
            {"kafka_bootstrap_servers": "127.0.0.1:9"},
            "error: KAFKA_BOOTSTRAP_SERVERS: no broker answers at 127.0.0.1:9",
        ),
    ):
        settings = platform.settings.model_copy(update=changes)
        ended = job("land_events", environment_of(settings, os.environ))
        assert ended.returncode == 2
        assert expected in ended.stderr
        assert "Traceback" not in ended.stderr
