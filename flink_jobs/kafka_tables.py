"""The topics as Flink tables."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from pyflink.table import TableEnvironment

from contract.events import Field, FieldType
from contract.settings import Settings

TYPES: Mapping[FieldType, str] = {
    "text": "STRING",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
}

BULK = {"properties.max.poll.records": "5000", "properties.receive.buffer.bytes": "-1"}
"""What a source takes at once, so that many messages share the work of a fetch; nothing waits for it."""


def create_messages_table(
    environment: TableEnvironment,
    name: str,
    topics: Sequence[str],
    group: str,
    settings: Settings,
    start_offsets: Mapping[int, int] | None = None,
) -> None:
    """Create a source: one row a message, whatever it holds, from the group's committed offsets on.

    ``message`` is NULL for a tombstone. Offsets are committed when a checkpoint completes.

    Args:
        environment: where the table is made.
        name: of the table.
        topics: to read.
        group: of the consumer.
        settings: how to reach the brokers.
        start_offsets: partition -> offset to begin at in place of the group's, of one topic.
    """
    options = {
        "connector": "kafka",
        "topic": ";".join(topics),
        "format": "raw",
        **_startup(start_offsets),
        "scan.topic-partition-discovery.interval": "30 s",
        "properties.group.id": group,
        "properties.auto.offset.reset": "earliest",
        **BULK,
        **_properties(settings),
    }
    environment.execute_sql(
        f"""CREATE TEMPORARY TABLE {name} (
            message BYTES,
            `topic` STRING NOT NULL METADATA VIRTUAL,
            `partition` INT NOT NULL METADATA VIRTUAL,
            `offset` BIGINT NOT NULL METADATA VIRTUAL,
            append_time TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL
        ) WITH ({_with(options)})"""
    )


def create_landed_table(
    environment: TableEnvironment,
    name: str,
    topic: str,
    fields: Collection[Field],
    group: str,
    settings: Settings,
) -> None:
    """Create a source of landed events: some of their columns and the offset that each had, as JSON.

    They were accepted once: nothing is checked again.
    """
    options = {
        "connector": "kafka",
        "topic": topic,
        "format": "json",
        "scan.startup.mode": "earliest-offset",
        "properties.group.id": group,
        **BULK,
        **_properties(settings),
    }
    columns = "".join(f"`{field.name}` {TYPES[field.type]}, " for field in fields)
    environment.execute_sql(
        f"""CREATE TEMPORARY TABLE {name} (
            {columns}
            `offset` BIGINT NOT NULL,
            `partition` INT NOT NULL METADATA VIRTUAL
        ) WITH ({_with(options)})"""
    )


def create_keyed_sink(
    environment: TableEnvironment, name: str, key: str, value: str, topics: Sequence[str], settings: Settings
) -> None:
    """Create a sink of texts: column ``key`` is the message's key, ``value`` its value.

    Of several topics the column ``{value}_topic`` names the one that a row goes to. At least once: what a
    restart writes again carries the same key and has no further effect.
    """
    options = {
        "connector": "kafka",
        "topic": ";".join(topics),
        "key.format": "raw",
        "key.fields": key,
        "value.format": "raw",
        "value.fields-include": "EXCEPT_KEY",
        "sink.delivery-guarantee": "at-least-once",
        "properties.linger.ms": "2",
        "properties.compression.type": "lz4",
        "properties.delivery.timeout.ms": "2147483647",
        **_properties(settings),
    }
    chosen = f", {value}_topic STRING NOT NULL METADATA FROM 'topic'" if len(topics) > 1 else ""
    environment.execute_sql(
        f"CREATE TEMPORARY TABLE {name} ({key} STRING, {value} STRING{chosen}) WITH ({_with(options)})"
    )


def _startup(start_offsets: Mapping[int, int] | None) -> dict[str, str]:
    if not start_offsets:
        return {"scan.startup.mode": "group-offsets"}
    places = ";".join(f"partition:{number},offset:{offset}" for number, offset in start_offsets.items())
    return {"scan.startup.mode": "specific-offsets", "scan.startup.specific-offsets": places}


def _properties(settings: Settings) -> dict[str, str]:
    return {f"properties.{name}": value for name, value in settings.kafka_java().items()}


def _with(options: Mapping[str, str]) -> str:
    return ", ".join(f"'{_escaped(name)}' = '{_escaped(value)}'" for name, value in options.items())


def _escaped(text: str) -> str:
    return text.replace("'", "''")
