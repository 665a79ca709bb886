"""Spark Structured Streaming: ``spark-submit benchmarks/peers/contenders/spark_structured.py``.

The stateless rule is SQL. Exact sliding windows have no SQL in a stream: a Python function over each
group of a micro-batch keeps the rows. A group is many cards, as each call costs milliseconds. As one
query takes one such step, cards and devices are kept in the group of their user.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f
from pyspark.sql.streaming.state import GroupState, GroupStateTimeout

from benchmarks.peers.assignment import STATELESS, Assignment, read_assignment
from benchmarks.peers.rolling import Rolling
from benchmarks.peers.work import MARKER_MERCHANT, STATELESS_CHANNEL, passes

SCHEMA = (
    "event_id STRING, event_time_ms BIGINT, user_id STRING, amount_cents BIGINT, card_id STRING, "
    "merchant_id STRING, device_id STRING, channel STRING"
)
OUTPUT = "event_id STRING"
STATE = "rolling BINARY"
BATCHES = 10
GROUPS = 32
Rollings = dict[str, Rolling]
Update = Callable[[tuple[Any, ...], Iterator[pd.DataFrame], GroupState], Iterator[pd.DataFrame]]


def windows_of_group(assignment: Assignment) -> Update:
    """The function over a group: lets the events through that fire."""
    steps = assignment.steps()
    keys = [step.key for step in steps]

    def update(
        group: tuple[Any, ...], frames: Iterator[pd.DataFrame], state: GroupState
    ) -> Iterator[pd.DataFrame]:
        rollings: Rollings = pickle.loads(state.get[0]) if state.exists else {}  # its own bytes
        fired: list[str] = []
        rows = pd.concat(frames).sort_values("event_time_ms")
        columns = [rows[name].tolist() for name in ("event_id", "event_time_ms", "amount_cents", *keys)]
        merchants = rows["merchant_id"].tolist()
        for merchant, event_id, time_ms, amount_cents, *values in zip(merchants, *columns, strict=True):
            fires = merchant == MARKER_MERCHANT
            for (_, windows, limits), value in zip(steps, values, strict=True):
                if value not in rollings:
                    rollings[value] = Rolling(windows)
                fires = passes(rollings[value].add(time_ms, amount_cents), limits) or fires
            if fires:
                fired.append(event_id)
        state.update((pickle.dumps(rollings, pickle.HIGHEST_PROTOCOL),))
        if fired:
            yield pd.DataFrame({"event_id": fired})

    return update


def alerts(events: DataFrame, assignment: Assignment) -> DataFrame:
    """The ids of the events that fire."""
    if not assignment.windows:
        above = f.col("amount_cents") > assignment.thresholds[STATELESS]
        on_the_web = f.col("channel") == STATELESS_CHANNEL
        return events.where((above & on_the_web) | (f.col("merchant_id") == MARKER_MERCHANT))
    steps = assignment.steps()
    group = f.pmod(f.hash(steps[0].key if len(steps) == 1 else "user_id"), f.lit(GROUPS))
    return (
        events.withColumn("key_group", group)
        .groupBy("key_group")
        .applyInPandasWithState(
            windows_of_group(assignment), OUTPUT, STATE, "append", GroupStateTimeout.NoTimeout
        )
    )


def main() -> None:
    """Run the query over what is on the topic."""
    assignment = read_assignment()
    spark = SparkSession.builder.appName("peers").getOrCreate()
    spark.conf.set("spark.sql.shuffle.partitions", "2")
    kafka = {"kafka.bootstrap.servers": assignment.servers}
    reader = spark.readStream.format("kafka").options(**kafka, subscribe=assignment.topic)
    paced = reader.options(startingOffsets="earliest", maxOffsetsPerTrigger=assignment.messages // BATCHES)
    event = f.from_json(f.col("value").cast("string"), SCHEMA).alias("event")
    found = alerts(paced.load().select(event).select("event.*"), assignment)
    written = found.select(f.to_json(f.struct("event_id")).alias("value")).writeStream.format("kafka")
    writer = written.options(**kafka, topic=assignment.alerts_topic)
    writer.option("checkpointLocation", f"{assignment.folder}/checkpoint").start().awaitTermination()


if __name__ == "__main__":
    main()
