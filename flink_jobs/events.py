"""From messages to accepted events: pure functions from table to table."""

from __future__ import annotations

from collections.abc import Collection

from pyflink.java_gateway import get_gateway
from pyflink.table import StreamTableEnvironment, Table
from pyflink.util.java_utils import to_jarray

from contract.events import load_contract

MESSAGES_VIEW = "event_messages"
PARSED_VIEW = "parsed_messages"


def accepted_events(
    environment: StreamTableEnvironment, messages: Table, written: Collection[str] | None = None
) -> Table:
    """Return one row per accepted message: the contract's columns, ``partition`` and ``offset``.

    Rejected messages are counted by reason in the metrics; the batch keeps them.

    Args:
        environment: with the project's jar.
        messages: with ``message``, ``append_time``, ``partition`` and ``offset``.
        written: the only columns of the contract to have, each row written once as tasks send it: for
            events of which most go on to another task. None: all, as values when they are asked for.
    """
    environment.create_temporary_view(MESSAGES_VIEW, messages)
    read = environment.sql_query(
        f"SELECT message, append_time, `partition`, `offset` FROM {MESSAGES_VIEW}"  # noqa: S608
    )
    if written is not None:
        return _accepted(environment, read, written)
    environment.create_temporary_view(PARSED_VIEW, parsed_messages(environment, read))
    columns = ", ".join(f"`{field.name}`" for field in load_contract().columns)
    return environment.sql_query(
        f"SELECT {columns}, `partition`, `offset` FROM {PARSED_VIEW} WHERE reason IS NULL"  # noqa: S608
    )


def _accepted(environment: StreamTableEnvironment, messages: Table, written: Collection[str]) -> Table:
    gateway = get_gateway()
    names = to_jarray(gateway.jvm.String, sorted(written))
    parsed = gateway.jvm.dev.tandem.flink.ParsedMessages
    return Table(parsed.accepted(environment._j_tenv, messages._j_table, names), environment)


def parsed_messages(environment: StreamTableEnvironment, messages: Table) -> Table:
    """Return the messages, each parsed once, with ``reason``, ``detail`` and the contract's columns.

    Args:
        environment: with the project's jar.
        messages: with ``message`` and ``append_time``; other columns are kept.
    """
    parsed = get_gateway().jvm.dev.tandem.flink.ParsedMessages
    return Table(parsed.of(environment._j_tenv, messages._j_table), environment)
