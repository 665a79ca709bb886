"""From messages to accepted events: pure functions from table to table."""

from __future__ import annotations

from pyflink.table import Table, TableEnvironment

from contract.events import load_contract

MESSAGES_VIEW = "event_messages"


def accepted_events(environment: TableEnvironment, messages: Table) -> Table:
    """Return one row per accepted message: the contract's columns, ``partition`` and ``offset``.

    Rejected messages are counted by reason in the metrics; the batch keeps them. Each message is
    parsed once: the optimiser must not evaluate the function again for each rule.
    """
    environment.create_temporary_view(MESSAGES_VIEW, messages)
    columns = ", ".join(f"event.`{field.name}`" for field in load_contract().columns)
    return environment.sql_query(
        f"""SELECT {columns}, messages.`partition`, messages.`offset`
        FROM {MESSAGES_VIEW} AS messages
        CROSS JOIN LATERAL TABLE(parse_event(messages.message, messages.append_time)) AS event
        WHERE event.reason IS NULL"""  # noqa: S608
    )
