"""Every message of the topic ends as exactly one of accepted, duplicate or quarantined."""

from __future__ import annotations

import json
import random

import pytest

from spark_jobs.lake import read_events
from spark_jobs.runs import RunError
from tests.batch.events import CARD_NUMBER, good_events, poison, transaction
from tests.batch.oracle import Oracle
from tests.batch.platform import Platform, Sent

pytestmark = pytest.mark.engines

LEDGER = 'SELECT event_id, event_type, topic, partition, "offset" FROM warehouse.accepted_events'
QUARANTINE = 'SELECT topic, partition, "offset", reason FROM warehouse.data_quality_issues'


def encode(*events: dict[str, object]) -> list[Sent]:
    return [(json.dumps(event).encode(), None) for event in events]


def test_two_runs_hold_exactly_what_the_oracle_says(batch: Platform) -> None:
    draw = random.Random(5)
    events = good_events(1, 120)
    later = good_events(2, 40)
    conflicting = [{**event, "event_time_ms": event["event_time_ms"] - 1} for event in events[:5]]
    same_content = [{**event, "unknown_field": 1, "purpose": None} for event in events[5:10]]
    first = encode(*events, *events[:20], *conflicting[:3]) + list(poison())
    second = encode(*later, *events[30:60], *conflicting, *same_content)
    oracle = Oracle()
    for messages in (first, second):
        draw.shuffle(messages)
        sent = batch.send(messages)
        expected = oracle.land(sent)
        counts = batch.land().counts
        assert counts.rows_read == len(sent) == expected.total()
        assert (counts.rows_accepted, counts.rows_duplicate) == (
            expected.pop("accepted"),
            expected.pop("duplicate"),
        )
        assert counts.quarantined_by_reason == expected
        assert counts.rows_quarantined == expected.total()
    assert set(batch.rows(LEDGER)) == {
        (event["event_id"], event["event_type"], *message.place) for message, event in oracle.accepted
    }
    assert {row[:3]: row[3] for row in batch.rows(QUARANTINE)} == oracle.quarantined
    assert_lake_holds(batch, oracle)


def assert_lake_holds(batch: Platform, oracle: Oracle) -> None:
    runs = batch.rows(
        "SELECT batch_id FROM warehouse.batch_runs WHERE job = 'land_events' AND status = 'succeeded'"
    )
    found = read_events(batch.spark, batch.settings.require("lake_uri"), [batch_id for (batch_id,) in runs])
    landed = {}
    for row in found.collect():
        content = {name: value for name, value in row.asDict().items() if value is not None}
        place = (content.pop("topic"), content.pop("partition"), content.pop("offset"))
        landed[place] = (content.pop("append_time_ms"), content)
        for name in ("content_hash", "batch_id", "event_date"):
            content.pop(name)
    assert landed == {message.place: (message.append_time_ms, event) for message, event in oracle.accepted}


def test_poison_is_kept_as_it_came_and_the_message_behind_it_is_accepted(batch: Platform) -> None:
    messages = [message for bad in poison() for message in (bad, *encode(transaction(f"after-{id(bad)}")))]
    sent = batch.send(messages, partition=0)
    batch.land()
    rows = batch.rows('SELECT "offset", reason, payload, detail, event_id FROM warehouse.data_quality_issues')
    assert {offset: reason for offset, reason, *_ in rows} == {m.offset: m.reason for m in sent if m.reason}
    assert len(batch.rows(LEDGER)) == len(sent) // 2
    kept = {offset: payload for offset, _, payload, *_ in rows}
    for message in sent:
        if message.reason and message.reason != "card_number":
            assert kept[message.offset] == message.payload
    assert all(CARD_NUMBER not in str(row) for row in rows)


def test_card_numbers_are_masked_whatever_the_reason(batch: Platform) -> None:
    batch.send([(f'{{"card": "{CARD_NUMBER}"'.encode(), "not_json")])
    batch.land()
    ((payload,),) = batch.rows("SELECT payload FROM warehouse.data_quality_issues")
    assert CARD_NUMBER.encode() not in payload
    assert payload.endswith(b'1111"')


def test_a_conflicting_duplicate_keeps_its_payload_and_the_first_event_stands(batch: Platform) -> None:
    batch.send_events(transaction("t1", amount_cents=1), transaction("t1", amount_cents=2))
    batch.send_events(transaction("t1", amount_cents=1), transaction("t1", amount_cents=3))
    counts = batch.land().counts
    assert (counts.rows_accepted, counts.rows_duplicate, counts.rows_quarantined) == (1, 1, 2)
    rows = batch.rows('SELECT event_id, payload FROM warehouse.data_quality_issues ORDER BY "offset"')
    assert [(event_id, json.loads(payload)["amount_cents"]) for event_id, payload in rows] == [
        ("t1", 2),
        ("t1", 3),
    ]


def test_nothing_new_leaves_no_run(batch: Platform) -> None:
    assert batch.land().batch_id is None
    batch.send_events(transaction("t1"))
    assert batch.land().batch_id
    assert batch.land().batch_id is None
    assert batch.rows("SELECT count(*) FROM warehouse.batch_runs") == [(1,)]


def test_a_run_records_its_offsets_and_what_it_follows(batch: Platform) -> None:
    for event_id in ("t1", "t2"):
        batch.send_events(transaction(event_id))
        batch.land()
    first, second = batch.rows(
        "SELECT batch_id, previous_batch_id, start_offsets, end_offsets, rows_read, source "
        "FROM warehouse.batch_runs ORDER BY run_number"
    )
    assert first[1:] == (None, {"0": 0, "1": 0}, {"0": 1, "1": 0}, 1, f"kafka:{batch.topic}")
    assert second[1:4] == (first[0], {"0": 1, "1": 0}, {"0": 2, "1": 0})


def test_partitions_that_are_added_start_at_their_first_message(batch: Platform) -> None:
    batch.send_events(transaction("t1"))
    batch.land()
    from confluent_kafka.admin import NewPartitions

    batch.admin.create_partitions([NewPartitions(batch.topic, 3)])[batch.topic].result(20)
    batch.send_events(transaction("t2"), partition=2)
    assert batch.land().counts.rows_accepted == 1


def test_offsets_that_retention_took_fail_by_name_until_they_are_given_up(batch: Platform) -> None:
    from confluent_kafka import TopicPartition

    batch.send_events(transaction("t1"))
    batch.land()
    batch.send_events(*(transaction(f"t{number}") for number in range(2, 6)))
    batch.admin.delete_records([TopicPartition(batch.topic, 0, 4)])[TopicPartition(batch.topic, 0)].result(20)
    with pytest.raises(RunError, match=r"no longer holds offsets \{0: 1-3\}"):
        batch.land()
    assert batch.land(accept_gap=True).counts.rows_accepted == 1
    assert batch.rows("SELECT lost_offsets FROM warehouse.batch_runs WHERE lost_offsets IS NOT NULL") == [
        ({"0": [1, 4]},)
    ]


def test_a_recreated_topic_is_told_from_the_one_that_was_landed(batch: Platform) -> None:
    batch.send_events(transaction("t1"))
    batch.land()
    batch.admin.delete_topics([batch.topic])[batch.topic].result(20)
    batch.create_topic()
    batch.send_events(transaction("t2"), transaction("t3"))
    with pytest.raises(
        RunError, match=r"was recreated: run land_events-\S+ landed up to offsets \{0: 1, 1: 0\}"
    ):
        batch.land(accept_gap=True)


def test_a_message_that_is_unaccounted_for_stops_the_run(
    batch: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    from spark_jobs import landing

    batch.send_events(transaction("t1"), transaction("t2"))
    monkeypatch.setattr(landing, "parse", lambda rows, parse=landing.parse: parse(rows).limit(1))
    with pytest.raises(RunError, match="2 messages were to be read and 1 are accounted for"):
        batch.land()
    assert batch.rows(LEDGER) == []
    assert batch.rows("SELECT status FROM warehouse.batch_runs") == [("failed",)]
    monkeypatch.undo()
    assert batch.land().counts.rows_accepted == 2
