"""The topics as Flink tables."""

from __future__ import annotations

from collections.abc import Mapping

from pyflink.table import TableEnvironment

from contract.settings import Settings


def create_messages_table(
    environment: TableEnvironment, name: str, topic: str, group: str, settings: Settings
) -> None:
    """Create a source: one row a message, whatever it holds, from the group's committed offsets on.

    ``message`` is NULL for a tombstone. Offsets are committed when a checkpoint completes.
    """
    options = {
        "connector": "kafka",
        "topic": topic,
        "format": "raw",
        "scan.startup.mode": "group-offsets",
        "scan.topic-partition-discovery.interval": "30 s",
        "properties.group.id": group,
        "properties.auto.offset.reset": "earliest",
        **_properties(settings),
    }
    environment.execute_sql(
        f"""CREATE TEMPORARY TABLE {name} (
            message BYTES,
            `partition` INT NOT NULL METADATA VIRTUAL,
            `offset` BIGINT NOT NULL METADATA VIRTUAL,
            append_time TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL
        ) WITH ({_with(options)})"""
    )


def create_keyed_sink(
    environment: TableEnvironment, name: str, key: str, value: str, topic: str, settings: Settings
) -> None:
    """Create a sink of texts: column ``key`` is the message's key, ``value`` its value.

    At least once: what a restart writes again carries the same key and has no further effect.
    """
    options = {
        "connector": "kafka",
        "topic": topic,
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
    environment.execute_sql(
        f"CREATE TEMPORARY TABLE {name} ({key} STRING, {value} STRING) WITH ({_with(options)})"
    )


def _properties(settings: Settings) -> dict[str, str]:
    return {f"properties.{name}": value for name, value in settings.kafka_java().items()}


def _with(options: Mapping[str, str]) -> str:
    return ", ".join(f"'{_escaped(name)}' = '{_escaped(value)}'" for name, value in options.items())


def _escaped(text: str) -> str:
    return text.replace("'", "''")
