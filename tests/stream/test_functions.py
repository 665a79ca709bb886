"""The job's functions from table to table, on literal messages in one process: no Kafka, no cluster."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import Any

import orjson
import pytest

from rules.catalog import CATALOG, load_catalog
from stack.folder import STREAM_PYTHON
from tests.programs import run_program
from tests.rules.judging import fired
from tests.rules.literal_events import all_histories
from tests.rules.test_catalog import LITERAL_ROWS
from tests.stream.oracle import Event, evidence, kept

EVENT_TIME_MS = 1_759_999_999_000
REQUIRED: dict[str, Event] = {
    "application": {"credit_score": 700, "loan_amount_cents": 1},
    "transaction": {"amount_cents": 1},
    "payment": {"application_id": "a", "status": "made", "amount_cents": 1},
    "credit_usage": {"credit_limit_cents": 1, "balance_cents": 0},
}
TYPES = {
    "risky_application": "application",
    "unaffordable_loan": "application",
    "large_ecommerce_amount": "transaction",
    "large_atm_withdrawal": "transaction",
    "overdrawn_credit_line": "credit_usage",
    "severely_past_due": "payment",
}
MESSAGES = {
    "risky_application": "Risky transaction",
    "large_ecommerce_amount": "Online purchase of 500000 USD in minor units",
    "severely_past_due": "Instalment 90 days past due",
    "overdrawn_credit_line": "Balance 100001 over the limit 100000",
}


def literal(rule: str, fields: Event, name: str) -> Event:
    keys = {"user_id": f"user of {name}"}
    if TYPES[rule] == "transaction":
        keys |= {"card_id": f"card of {name}", "merchant_id": f"merchant of {name}"}
    common = {"event_id": name, "event_type": TYPES[rule], "event_time_ms": EVENT_TIME_MS}
    return {**common, **keys, **REQUIRED[TYPES[rule]], **fields}


@pytest.mark.engines
def test_each_rule_raises_its_alert_for_the_row_that_fires_and_none_for_the_other(tmp_path: Path) -> None:
    fire = {rule: literal(rule, rows[0], f"{rule} 'fires' \"ü😀\\") for rule, rows in LITERAL_ROWS.items()}
    rest = {rule: literal(rule, rows[1], f"{rule}-rests") for rule, rows in LITERAL_ROWS.items()}
    broken = [b"", b"no json", b'{"event_type": "application"}']
    placed_rows = (orjson.dumps(own_fields(event)) for history in histories() for event in history)
    rows = map(orjson.dumps, [*fire.values(), *rest.values()])
    found = raised(tmp_path, [*rows, *broken, *placed_rows])

    expected = {f"{rule}:{event['event_id']}" for rule, event in fire.items()}
    assert set(found) == expected | by_plain_python()
    for offset, (rule, event) in enumerate(fire.items()):
        alert = found[f"{rule}:{event['event_id']}"]
        assert alert["event"] == kept(event)
        assert alert["evidence"] == evidence(rule, event)
        assert alert["source"] == {"topic": "it's a topic", "partition": 7, "offset": offset}
        assert alert["message"] == MESSAGES.get(rule, alert["message"])
        assert isinstance(alert["detected_at_ms"], int)


def own_fields(event: Event) -> Event:
    """The event without its place."""
    return {name: value for name, value in event.items() if name not in ("partition", "offset")}


def by_plain_python() -> set[str]:
    """The alerts of the catalog on the literal histories, with nothing on any list."""
    rules = load_catalog()
    expected = {
        f"{rule}:{event['event_id']}"
        for history in histories()
        for event in history
        for rule in fired(rules, event, history, {})
    }
    windowed = {rule.id for rule in rules if rule.features}
    assert {alert_id.partition(":")[0] for alert_id in expected} >= windowed
    return expected


def histories() -> list[list[Event]]:
    """The literal histories of the windowed rules, each with keys of its own."""
    by_name = groupby(all_histories(), lambda event: event["event_id"].partition(".")[0])
    return [list(history) for _, history in by_name]


def raised(folder: Path, messages: list[bytes], catalog: Path = CATALOG) -> dict[str, dict[str, Any]]:
    request, answer = folder / "messages", folder / "alerts"
    request.write_bytes(b"\n".join(messages))
    run_program(
        STREAM_PYTHON, Path(__file__).with_name("flink_alerts.py"), request, answer, catalog, timeout_s=280
    )
    return dict(orjson.loads(line) for line in answer.read_bytes().splitlines())
