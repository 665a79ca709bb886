from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from contract.names import TOPIC_MESSAGE_BYTES_MAX
from tests.ingestion.topic_reader import wait_until_served

PROJECT = Path(__file__).parents[2]
PARTITIONS = 4
MakeTopic = Callable[..., str]


@pytest.fixture
def make_topic(kafka: str) -> Iterator[MakeTopic]:
    """Create topics like that of the events, under names of their own."""
    admin = AdminClient({"bootstrap.servers": kafka})
    made: list[str] = []

    def make(message_bytes_max: int = TOPIC_MESSAGE_BYTES_MAX) -> str:
        name = f"ingestion-{uuid.uuid4().hex[:8]}"
        config = {"max.message.bytes": str(message_bytes_max), "message.timestamp.type": "LogAppendTime"}
        for created in admin.create_topics([NewTopic(name, PARTITIONS, 1, config=config)]).values():
            created.result()
        made.append(name)
        wait_until_served(kafka, name, PARTITIONS)
        return name

    yield make
    for deleted in admin.delete_topics(made).values() if made else ():
        deleted.result()


@pytest.fixture(scope="session")
def handbook_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The public data set where it is, else a small file of the same shape."""
    named = os.environ.get("TANDEM_HANDBOOK_FILE")
    beside = PROJECT.parent / "shared/datasets/handbook_transactions_2018-04-01_2018-09-04.parquet"
    if named or beside.is_file():
        return Path(named) if named else beside
    print(f"no TANDEM_HANDBOOK_FILE and no {beside.name} beside the project: replaying a generated one")
    path = tmp_path_factory.mktemp("handbook") / "generated.parquet"
    _generated_handbook(2_000).to_parquet(path)
    return path


def _generated_handbook(rows: int) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    times = pd.Timestamp("2018-04-01") + pd.to_timedelta(
        np.sort(rng.integers(0, 86_400 * 30, rows)), unit="s"
    )
    amounts = [float(Decimal(int(cents)) / 100) for cents in rng.integers(1, 100_000, rows)]
    return pd.DataFrame(
        {
            "TRANSACTION_ID": np.arange(rows),
            "TX_DATETIME": times,
            "CUSTOMER_ID": rng.integers(0, 50, rows),
            "TERMINAL_ID": rng.integers(0, 100, rows),
            "TX_AMOUNT": [0.0, *amounts[1:]],
            "TX_FRAUD": (rng.random(rows) < 0.01).astype(int),
        }
    )
