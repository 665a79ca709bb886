"""Messages of the alerts' topic, read strictly."""

from __future__ import annotations

import json
from typing import Any

import pytest

from spark_jobs.reconciliation.alert_messages import AlertMessageError, read_alert
from spark_jobs.reconciliation.model import Position

ALERT: dict[str, Any] = {
    "_id": "big_loan:a1",
    "rule_id": "big_loan",
    "rule_version": 3,
    "severity": "high",
    "message": "m",
    "event_id": "a1",
    "event_type": "application",
    "user_id": "u",
    "event_time_ms": 1_760_000_000_000,
    "detected_at_ms": 1_760_000_000_001,
    "evidence": {"credit_score": 400, "region": None},
    "event": {"event_id": "a1"},
    "source": {"topic": "t", "partition": 2, "offset": 9},
    "seen": {},
    "status": "provisional",
}


def test_an_alert_is_read_without_what_is_not_the_streams_to_say() -> None:
    alert = read_alert(json.dumps(ALERT | {"extra": 1}).encode(), "t")
    assert (alert.alert_id, alert.rule_id, alert.rule_version, alert.event_id) == (
        "big_loan:a1",
        "big_loan",
        3,
        "a1",
    )
    assert alert.source == Position("t", 2, 9)
    assert dict(alert.document) == {name: value for name, value in ALERT.items() if name != "status"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "no value"),
        (b"", "JSON object in UTF-8"),
        (b"\xff", "JSON object in UTF-8"),
        (b'{"a": NaN}', "JSON object in UTF-8"),
        (b"[" * 100_000, "JSON object in UTF-8"),
        (b"[]", "a JSON object"),
        (b"{}", "_id of type str"),
    ],
)
def test_what_is_no_object_is_refused(value: bytes | None, expected: str) -> None:
    with pytest.raises(AlertMessageError, match=expected):
        read_alert(value, "t")


@pytest.mark.parametrize("member", sorted(set(ALERT) - {"status"}))
def test_a_member_that_is_absent_or_of_another_type_is_refused_by_its_name(member: str) -> None:
    for document in ({**ALERT, member: [1]}, {name: ALERT[name] for name in ALERT if name != member}):
        with pytest.raises(AlertMessageError, match=f"expected {member} of type"):
            read_alert(json.dumps(document).encode(), "t")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"_id": "other:a1"}, "rule_id:event_id"),
        ({"rule_version": True}, "rule_version of type int"),
        ({"rule_version": 2**31}, "rule_version from 1"),
        ({"event_time_ms": 2**62}, "event_time_ms from"),
        ({"user_id": "u" * 65}, "user_id of 1 to 64"),
        ({"message": "a\x00"}, "NUL"),
        ({"evidence": {"a": 2**63}}, "64 bits"),
        ({"evidence": {"$set": 1}}, "names without dots"),
        ({"evidence": {"a.b": 1}}, "names without dots"),
        ({"event": {"a": {"b": {"c": {"d": {}}}}}}, "levels of nesting"),
        ({"source": {"topic": "x", "partition": 0, "offset": 0}}, "the topic of the events"),
        ({"source": {"topic": "t", "partition": -1, "offset": 0}}, "source.partition from"),
        ({"source": {"topic": "t", "partition": 0, "offset": 1.5}}, "source.offset of type int"),
    ],
)
def test_what_a_store_could_not_keep_or_no_stream_writes_is_refused(
    change: dict[str, Any], expected: str
) -> None:
    with pytest.raises(AlertMessageError, match=expected):
        read_alert(json.dumps(ALERT | change).encode(), "t")
