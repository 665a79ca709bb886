"""Flink with Python functions: ``flink run -py benchmarks/peers/contenders/flink_python.py``.

The stateless rule is a vectorised Python function over the messages. Windows are keyed process
functions, one after the other, with a pickled value in Flink's state for each key.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pandas as pd
from pyflink.common import Configuration, Row, Types
from pyflink.datastream import DataStream, KeyedProcessFunction, RuntimeContext, StreamExecutionEnvironment
from pyflink.datastream.state import ValueStateDescriptor
from pyflink.table import DataTypes, Schema, StreamTableEnvironment, Table
from pyflink.table.udf import udf

from benchmarks.peers.assignment import STATELESS, Assignment, read_assignment
from benchmarks.peers.rolling import Rolling
from benchmarks.peers.work import MARKER_MERCHANT, Window, passes, stateless_rule

JOB = "peers_flink_python"
OPTIONS = {
    "pipeline.name": JOB,
    "pipeline.object-reuse": "true",
    "python.fn-execution.bundle.size": "10000",
    "python.fn-execution.bundle.time": "200",
    "python.fn-execution.arrow.batch.size": "10000",
    "python.state.cache-size": "30000",
}
Event = dict[str, Any]


class Windows(KeyedProcessFunction):  # type: ignore[misc]
    """The windows of one key; the last step lets through what fires."""

    def __init__(self, windows: tuple[Window, ...], limits: list[int]) -> None:
        self._windows = windows
        self._limits = limits
        self._state: Any = None

    def open(self, runtime_context: RuntimeContext) -> None:
        """Open the state."""
        descriptor = ValueStateDescriptor("rolling", Types.PICKLED_BYTE_ARRAY())
        self._state = runtime_context.get_state(descriptor)

    def process_element(self, value: tuple[Any, ...], _: Any) -> Iterator[tuple[Any, ...]]:
        """Take in (id, time, amount, fires, keys...)."""
        rolling = self._state.value() or Rolling(self._windows)
        event_id, time_ms, amount_cents, fires, *keys = value
        fires = passes(rolling.add(time_ms, amount_cents), self._limits) or fires
        self._state.update(rolling)
        yield (event_id, time_ms, amount_cents, fires, *keys)


def stateless_alerts(messages: Table, assignment: Assignment) -> Table:
    """One row a message: the alert, NULL where there is none."""
    fires = stateless_rule(assignment.thresholds[STATELESS])

    def alert(messages: pd.Series[Any]) -> pd.Series[Any]:
        events = [orjson.loads(message) for message in messages]
        return pd.Series([_alert(event["event_id"]) if fires(event) else None for event in events])

    function = udf(alert, result_type=DataTypes.STRING(), func_type="pandas")
    return messages.select(function(messages.message).alias("alert"))


def windowed_alerts(messages: DataStream, assignment: Assignment) -> DataStream:
    """The alerts of the windows."""
    steps = assignment.steps()
    keys = [step.key for step in steps]

    def parse(row: Row) -> tuple[Any, ...]:
        event = orjson.loads(row[0])
        marked = event["merchant_id"] == MARKER_MERCHANT
        return (
            event["event_id"],
            event["event_time_ms"],
            event["amount_cents"],
            marked,
            *map(event.get, keys),
        )

    stream = messages.map(parse, Types.PICKLED_BYTE_ARRAY())
    for place, step in enumerate(steps, 4):
        keyed = stream.key_by(_entry(place), Types.STRING())
        stream = keyed.process(Windows(step.windows, step.limits), Types.PICKLED_BYTE_ARRAY())
    fired = stream.filter(lambda event: event[3])
    return fired.map(lambda event: Row(_alert(event[0])), Types.ROW_NAMED(["alert"], [Types.STRING()]))


def _entry(place: int) -> Any:
    return lambda event: event[place]


def _alert(event_id: str) -> str:
    return orjson.dumps({"event_id": event_id}).decode()


def environment() -> StreamTableEnvironment:
    """A streaming environment with the connector's jar."""
    configuration = Configuration()
    for name, value in OPTIONS.items():
        configuration.set_string(name, value)
    execution = StreamExecutionEnvironment.get_execution_environment(configuration)
    jars = Path(os.environ["TANDEM_PEERS_JARS"]).glob("*.jar")
    execution.add_jars(*(jar.resolve().as_uri() for jar in jars))
    return StreamTableEnvironment.create(execution)


def main() -> None:
    """Submit the job."""
    assignment = read_assignment()
    made = environment()
    kafka = (
        f"'connector' = 'kafka', 'properties.bootstrap.servers' = '{assignment.servers}', 'format' = 'raw'"
    )
    made.execute_sql(
        f"CREATE TABLE messages (message BYTES) WITH ({kafka}, 'topic' = '{assignment.topic}', "
        f"'properties.group.id' = '{JOB}', 'scan.startup.mode' = 'earliest-offset')"
    )
    made.execute_sql(
        f"CREATE TABLE alerts (alert STRING) WITH ({kafka}, 'topic' = '{assignment.alerts_topic}', "
        "'sink.delivery-guarantee' = 'at-least-once')"
    )
    messages = made.from_path("messages")
    if assignment.windows:
        found = windowed_alerts(made.to_data_stream(messages), assignment)
        schema = Schema.new_builder().column("alert", DataTypes.STRING()).build()
        made.from_data_stream(found, schema).execute_insert("alerts")
    else:
        computed = made.to_data_stream(stateless_alerts(messages, assignment))
        table = made.from_data_stream(computed)
        table.where(table.alert.is_not_null).execute_insert("alerts")


if __name__ == "__main__":
    main()
