"""The job deliver_alerts: topics of alerts -> MongoDB -> topic of deliveries.

While MongoDB does not answer, a batch is tried again for as long as it takes, and no checkpoint completes.
The job does not fail for it: where a task of Python functions fails while rows flow, Flink 2.2.1 may end the
whole task manager, and detection, which is another job, would stop too.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from pyflink.table import DataTypes, FunctionContext, ScalarFunction, StreamTableEnvironment, Table
from pyflink.table.udf import udf
from pymongo.errors import AutoReconnect, ServerSelectionTimeoutError

from contract.names import (
    ALERTS_COLLECTION,
    ALERTS_TOPIC,
    DELIVER_GROUP,
    DELIVERIES_TOPIC,
    SHADOW_ALERTS_COLLECTION,
    SHADOW_ALERTS_TOPIC,
    UNDELIVERED_COLLECTION,
)
from contract.settings import Settings
from flink_jobs.alert_messages import Message
from flink_jobs.delivery import AlertStore, deliver
from flink_jobs.environment import main, stream_environment
from flink_jobs.kafka_tables import create_keyed_sink, create_messages_table
from flink_jobs.redelivery import messages_since
from storage.mongo import connect

if TYPE_CHECKING:
    import pandas as pd

JOB = "deliver_alerts"
COLLECTIONS = {ALERTS_TOPIC: ALERTS_COLLECTION, SHADOW_ALERTS_TOPIC: SHADOW_ALERTS_COLLECTION}
RETRY_PAUSE_S = 0.5
MONGO_ANSWER_MS_MAX = 10_000
REREAD_MS = 600_000
OPTIONS = {
    "parallelism.default": "1",
    "python.fn-execution.bundle.time": "20",
    "python.fn-execution.bundle.size": "2000",
    "python.fn-execution.arrow.batch.size": "2000",
    "python.fn-execution.memory.managed": "false",
    "execution.buffer-timeout.interval": "5 ms",
    "execution.checkpointing.tolerable-failed-checkpoints": "1000000",
}
log = logging.getLogger(__name__)
Result = TypeVar("Result")


class Deliver(ScalarFunction):  # type: ignore[misc]
    """Delivers a batch of messages (value, topic, partition, offset); answers (alert_id, delivery)."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def is_deterministic(self) -> bool:
        """Writing is no pure function: the optimiser must not repeat or drop it."""
        return False

    def open(self, function_context: FunctionContext) -> None:
        """Connect, and deliver what a killed store may have lost.

        pandas is imported here: who submits the job does without, and no first alert waits for it.
        """
        import pandas as pd

        self._frame = pd.DataFrame
        self._client = connect(self._settings, MONGO_ANSWER_MS_MAX)
        database = self._client[self._settings.mongo_database]
        self._stores = {
            topic: AlertStore(database[collection], database[UNDELIVERED_COLLECTION], _now_ms)
            for topic, collection in COLLECTIONS.items()
        }
        self._answered_at_ms = _now_ms()
        self._until_answered(self._deliver_again)

    def close(self) -> None:
        """Disconnect."""
        self._client.close()

    def eval(self, batch: pd.DataFrame) -> pd.DataFrame:
        """Deliver one batch, whenever MongoDB answers."""
        messages = _messages(batch.itertuples(index=False, name=None))
        deliveries = self._until_answered(lambda: deliver(self._stores, messages))
        rows = [(delivery.alert_id, delivery.as_json()) for delivery in deliveries]
        return self._frame(rows, columns=["alert_id", "delivery"])

    def _until_answered(self, work: Callable[[], Result]) -> Result:
        waits = False
        while True:
            try:
                if waits:
                    self._deliver_again()
                result = work()
                self._answered_at_ms = _now_ms()
                return result
            except (AutoReconnect, ServerSelectionTimeoutError):
                if not waits:
                    log.warning("MongoDB does not answer: alerts wait on their topic")
                waits = True
                time.sleep(RETRY_PAUSE_S)

    def _deliver_again(self) -> None:
        since_ms = self._answered_at_ms - REREAD_MS
        for topic, store in self._stores.items():
            for messages in messages_since(self._settings.librdkafka(), topic, DELIVER_GROUP, since_ms):
                if lost := store.missing(messages):
                    store.deliver(lost)


def deliveries(messages: Table, settings: Settings) -> Table:
    """Return one row per message of the alerts' topic: the alert's id and what became of it."""
    row = DataTypes.ROW(
        [DataTypes.FIELD("alert_id", DataTypes.STRING()), DataTypes.FIELD("delivery", DataTypes.STRING())]
    )
    udf_of_batches = udf(Deliver(settings), result_type=row, func_type="pandas")
    return messages.map(udf_of_batches)


def run(settings: Settings) -> None:
    """Submit the job."""
    settings.require("mongo_uri")
    environment: StreamTableEnvironment = stream_environment(JOB, settings, OPTIONS)
    create_messages_table(environment, "alert_messages", list(COLLECTIONS), DELIVER_GROUP, settings)
    create_keyed_sink(environment, "deliveries", "alert_id", "delivery", [DELIVERIES_TOPIC], settings)
    messages = environment.sql_query("SELECT message, `topic`, `partition`, `offset` FROM alert_messages")
    deliveries(messages, settings).execute_insert("deliveries")


def _messages(rows: Iterable[tuple[Any, ...]]) -> list[Message]:
    return [
        Message(value, str(topic), int(partition), int(offset)) for value, topic, partition, offset in rows
    ]


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


if __name__ == "__main__":
    main(run)
