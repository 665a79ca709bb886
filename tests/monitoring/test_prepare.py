"""What the compose file runs once before everything else, on real stores."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid

import psycopg2
import pytest
from confluent_kafka.admin import AdminClient
from pymongo import MongoClient

from contract.settings import Settings
from stack.folder import ROOT
from storage.mongo import Document

pytestmark = pytest.mark.engines


def prepare(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "docker/prepare.py"]
    given = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True, check=False)


def test_it_makes_topics_roles_and_indexes_and_may_be_repeated(
    kafka: str, mongo: str, warehouse: Settings
) -> None:
    name = f"prepared_{uuid.uuid4().hex[:8]}"
    batch = warehouse.require("postgres_dsn").replace("tandem_owner:", "tandem_batch:")
    environment = {
        "KAFKA_BOOTSTRAP_SERVERS": kafka,
        "KAFKA_TOPIC": name,
        "MONGO_URI": mongo,
        "MONGO_DATABASE": name,
        "POSTGRES_DSN": warehouse.require("postgres_dsn"),
        "POSTGRES_BATCH_DSN": batch,
        "POSTGRES_MONITOR_DSN": warehouse.monitor_dsn,
    }
    for _ in range(2):
        done = prepare(environment)
        assert (done.returncode, done.stderr) == (0, "")
    assert name in AdminClient({"bootstrap.servers": kafka}).list_topics(timeout=10).topics
    with MongoClient[Document](mongo) as client:
        assert len(client[name]["fraud_alerts"].index_information()) > 1
    psycopg2.connect(batch).close()


def test_a_store_that_does_not_answer_is_one_line_without_a_password() -> None:
    environment = {
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "MONGO_URI": "mongodb://u:word@127.0.0.1:1",
        **dict.fromkeys(
            ("POSTGRES_DSN", "POSTGRES_BATCH_DSN", "POSTGRES_MONITOR_DSN"),
            "postgresql://u:word@127.0.0.1:1/d",
        ),
    }
    done = prepare(environment)
    assert done.returncode == 2
    assert done.stderr.startswith("error: KAFKA_BOOTSTRAP_SERVERS=127.0.0.1:1")
    assert done.stderr.count("\n") == 1
    assert "word" not in done.stderr
