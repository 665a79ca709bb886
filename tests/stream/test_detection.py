"""Events in, alerts out: on real Kafka, Flink and the alert store."""

from __future__ import annotations

import time
from typing import Any

import orjson
import pytest

from contract.names import (
    ALERTS_TOPIC,
    DELIVERIES_TOPIC,
    FACTS_TOPIC,
    STREAM_RUNS_TOPIC,
    UNDELIVERED_COLLECTION,
)
from rules.catalog import load_catalog, rules_version
from tests.stream.oracle import EVIDENCE, events, evidence, fired, kept
from tests.stream.stream import Stream, wait_until

pytestmark = pytest.mark.engines


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def risky(event_id: str, **changes: Any) -> dict[str, Any]:
    return {
        "event_id": event_id,
        "event_type": "application",
        "event_time_ms": now_ms(),
        "user_id": "user-1",
        "credit_score": 449,
        "loan_amount_cents": 1_500_001,
        **changes,
    }


def test_every_alert_of_the_oracle_arrives_once_with_its_evidence(stream: Stream) -> None:
    prefix = f"oracle-{now_ms()}-"
    sent = events(prefix, 1500, now_ms())
    places = stream.send_events(sent, partition=1)
    expected = {f"{rule}:{event['event_id']}": (rule, event) for event in sent for rule in fired(event)}
    places_of = {event["event_id"]: place for event, place in zip(sent, places, strict=True)}

    alerts = stream.wait_for(expected)

    rules = {rule.id: rule for rule in load_catalog()}
    last_fact = len(stream.read(FACTS_TOPIC)) - 1
    for alert_id, (rule, event) in expected.items():
        alert = alerts[alert_id]
        partition, offset = places_of[event["event_id"]]
        assert alert["detected_at_ms"] >= event["event_time_ms"]
        assert alert["message"]
        assert {name: alert[name] for name in alert if name not in ("detected_at_ms", "message")} == {
            "_id": alert_id,
            "rule_id": rule,
            "rule_version": rules[rule].version,
            "severity": rules[rule].severity,
            "event_id": event["event_id"],
            "event_type": event["event_type"],
            "user_id": event["user_id"],
            "event_time_ms": event["event_time_ms"],
            "evidence": evidence(rule, event),
            "event": kept(event),
            "source": {"topic": stream.settings.kafka_topic, "partition": partition, "offset": offset},
            "seen": {},
            "facts_offset": last_fact,
            "status": "provisional",
            "status_reason": None,
            "batch_id": None,
        }
    assert sorted(alert["_id"] for alert in stream.raised(prefix, EVIDENCE)) == sorted(expected)


def test_a_duplicate_of_an_event_adds_no_alert(stream: Stream) -> None:
    event = risky(f"twice-{now_ms()}")
    first, second = stream.send_events([event, event])
    last = risky(f"after-{now_ms()}")
    stream.send_events([last])

    alerts = stream.wait_for(
        [f"risky_application:{event['event_id']}", f"risky_application:{last['event_id']}"]
    )

    assert alerts[f"risky_application:{event['event_id']}"]["source"]["offset"] == first[1] < second[1]


def poison() -> dict[str, bytes | None]:
    def event(**changes: Any) -> bytes:
        return orjson.dumps(risky("poison", **changes))

    text = event().decode()
    return {
        "tombstone": None,
        "empty": b"",
        "invalid UTF-8": b'{"event_id":"\xff"}',
        "UTF-16": text.encode("utf-16"),
        "null": b"null",
        "array": b"[1, 2]",
        "depth 1000": b'{"a":' * 1000 + b"1" + b"}" * 1000,
        "2 MB": orjson.dumps({"text": "x" * 2_000_000}),
        "a name twice": text.replace('"user_id"', '"user_id":"a","user_id"').encode(),
        "NaN": text.replace("449", "NaN").encode(),
        "1e400": text.replace("449", "1e400").encode(),
        "a number as text": event(credit_score="449"),
        "1.0 for 1": event(credit_score=449.0),
        "unknown type": event(event_type="wire"),
        "missing field": orjson.dumps({"event_id": "poison", "event_type": "application"}),
        "negative amount": event(loan_amount_cents=-1),
        "score 299": event(credit_score=299),
        "score 851": event(credit_score=851),
        "the year 2099": event(event_time_ms=4_070_908_800_000),
        "the year 1970": event(event_time_ms=0),
        "NUL": event(region="a\0b"),
        "lone surrogate": text.replace("user-1", "\\ud800").encode(),
        "card number": event(purpose="4111 1111 1111 1111"),
    }


def test_poison_stops_nothing_and_the_good_message_behind_each_is_processed(stream: Stream) -> None:
    prefix = f"behind-{now_ms()}-"
    values: list[bytes | None] = []
    for number, value in enumerate(poison().values()):
        values += [value, orjson.dumps(risky(f"{prefix}{number}"))]
    stream.send(values, partition=2)

    alerts = stream.wait_for([f"risky_application:{prefix}{number}" for number in range(len(poison()))])

    assert len(alerts) == len(poison())
    assert stream.delivered(["risky_application:poison"]) == {}
    assert stream.raised("poison", EVIDENCE) == []


def test_garbage_on_the_topic_of_alerts_is_kept_aside_and_blocks_nothing(stream: Stream) -> None:
    genuine = risky(f"garbage-{now_ms()}")
    raised = {**stream.wait_for(_sent(stream, genuine)).popitem()[1]}
    huge = {name: raised[name] for name in raised if name not in ("status_reason", "batch_id")}
    huge |= {"_id": f"risky_application:huge-{now_ms()}", "event_id": f"huge-{now_ms()}"}
    huge["_id"] = f"risky_application:{huge['event_id']}"
    huge["evidence"] = {"too": 2**64 - 1}
    garbage: list[bytes | None] = [None, b"", b"not json", b"[]", b"{}", orjson.dumps(huge)]
    places = stream.send(garbage, topic=ALERTS_TOPIC, partition=0)
    behind = _sent(stream, risky(f"behind-garbage-{now_ms()}"))

    stream.wait_for(behind)
    ids = [f"{ALERTS_TOPIC}:{partition}:{offset}" for partition, offset in places]
    undelivered = stream.database[UNDELIVERED_COLLECTION]
    wait_until(lambda: undelivered.count_documents({"_id": {"$in": ids}}) == len(ids), 30, lambda: f"{ids}")
    outcomes = [orjson.loads(value or b"{}") for value in stream.read(DELIVERIES_TOPIC)]
    refused = [outcome for outcome in outcomes if outcome["outcome"] == "refused" and outcome["error"]]
    assert {huge["_id"], *ids[:-1]} <= {outcome["alert_id"] for outcome in refused}


def _sent(stream: Stream, event: dict[str, Any]) -> list[str]:
    stream.send_events([event])
    return [f"risky_application:{event['event_id']}"]


def test_a_start_of_the_stream_is_recorded_on_its_topic_and_in_the_store(stream: Stream) -> None:
    published = [orjson.loads(value or b"{}") for value in stream.read(STREAM_RUNS_TOPIC)]
    newest = published[-1]
    rules = load_catalog()

    assert newest["rules"] == [{"id": rule.id, "version": rule.version} for rule in rules]
    assert newest["rules_version"] == rules_version(rules)
    assert set(newest["start_offsets"]) == {"0", "1", "2", "3"}
    assert newest["code_version"]
    assert stream.database["stream_runs"].find_one({"_id": newest["_id"]}) == newest
