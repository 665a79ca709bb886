"""The whole platform against the producer's ledger and an oracle in plain Python."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from typing import Any

import pyarrow.parquet as pq
import pytest

from ingestion.scenario_table import SCENARIOS
from rules.catalog import load_catalog
from stack.folder import ROOT
from tests.end_to_end import oracle
from tests.end_to_end.conftest import find_handbook
from tests.end_to_end.playing import HANDBOOK_ROWS, Played, milliseconds, run_job, send
from tests.end_to_end.poison import CARD_NUMBER, POISON
from tests.end_to_end.windowed_oracle import true_alerts, windowed_rules

pytestmark = [pytest.mark.engines, pytest.mark.timeout(1500)]

Truths = dict[str, dict[str, Any]]
PROVEN = {"arrival_order", "duplicate_state", "expired_state", "stream_gap"}
"""What may part stream and batch here: disorder, repeated ids, late events, the stream that is stopped."""


@pytest.fixture(scope="module")
def windowed_truth(played: Played) -> Truths:
    return true_alerts(played.truth)


def test_the_oracle_knows_every_rule_of_the_catalog() -> None:
    windowed = {rule.id for rule in windowed_rules()}
    assert {file.stem for file in (ROOT / "rules" / "catalog").glob("*.yaml")} == {*oracle.RULES, *windowed}
    assert windowed.isdisjoint(oracle.RULES)


def test_the_batch_run_succeeds(played: Played) -> None:
    assert played.score_status == 0
    runs = played.rows("SELECT job, status FROM warehouse.batch_runs ORDER BY run_number")
    jobs = ("land_events", "score_risk", "refresh_views", "reconcile_alerts")
    assert runs == [(job, "succeeded") for job in jobs]


def test_the_stream_holds_all_that_the_producer_had_acknowledged(played: Played) -> None:
    on_topic = {message.place for message in played.messages}
    acknowledged = {(entry["partition"], entry["offset"]) for entry in played.ledger}
    assert acknowledged <= on_topic
    kinds = Counter(entry["kind"] for entry in played.ledger)
    assert min(kinds[kind] for kind in ("good", "duplicate", "conflict", "broken")) > 50


def test_every_message_is_accounted_for(played: Played) -> None:
    ((read, accepted, duplicate, quarantined),) = played.rows(
        "SELECT rows_read, rows_accepted, rows_duplicate, rows_quarantined FROM warehouse.batch_runs "
        "WHERE job = 'land_events'"
    )
    truth = played.truth
    assert read == len(played.messages)
    assert (accepted, duplicate, quarantined) == (
        len(truth.accepted),
        truth.duplicates,
        len(truth.quarantined),
    )


def test_the_ledger_of_ids_holds_the_first_message_of_each_event(played: Played) -> None:
    stored = played.rows('SELECT event_id, event_type, partition, "offset" FROM warehouse.accepted_events')
    expected = [
        (name, event["event_type"], *message.place)
        for name, (event, message) in played.truth.accepted.items()
    ]
    assert sorted(stored) == sorted(expected)


def test_what_is_broken_or_conflicting_is_quarantined_at_its_place_with_its_reason(played: Played) -> None:
    stored = played.rows('SELECT partition, "offset", reason FROM warehouse.data_quality_issues')
    assert {(partition, offset): reason for partition, offset, reason in stored} == played.truth.quarantined


def test_the_lake_holds_every_accepted_event_with_its_values(played: Played) -> None:
    beside = {"topic", "partition", "offset", "append_time_ms", "content_hash", "batch_id", "event_date"}
    stored = {}
    for row in played.lake_events():
        event = {name: value for name, value in row.items() if value is not None and name not in beside}
        stored[row["event_id"]] = event, (row["partition"], row["offset"]), row["append_time_ms"]
    assert stored == {
        name: (event, message.place, message.append_time_ms)
        for name, (event, message) in played.truth.accepted.items()
    }


def test_every_application_is_scored(played: Played) -> None:
    stored = played.rows(
        "SELECT application_id, user_id, credit_score, loan_amount, currency, region, risk_level, decision, "
        "event_time FROM warehouse.credit_scores"
    )
    assert {row[0]: (*row[1:-1], milliseconds(row[-1])) for row in stored} == oracle.expected_scores(
        played.truth
    )


def test_every_transaction_has_its_users_score_and_its_label(played: Played) -> None:
    stored = played.rows(
        "SELECT transaction_id, user_id, card_id, amount, currency, event_time, city, country, merchant_id, "
        "merchant_category, card_type, device_id, credit_score, risk_level, is_fraud "
        "FROM warehouse.processed_transactions"
    )
    found = {row[0]: (*row[1:5], milliseconds(row[5]), *row[6:]) for row in stored}
    assert found == oracle.expected_transactions(played.truth)


def test_every_alert_of_one_event_is_in_the_store_with_its_values_and_judged(played: Played) -> None:
    stored = {
        document["_id"]: document
        for document in played.documents("fraud_alerts")
        if document["rule_id"] in oracle.RULES
    }
    expected = oracle.expected_alerts(played.truth, played.values["KAFKA_TOPIC"])
    ((batch_id,),) = played.rows("SELECT batch_id FROM warehouse.batch_runs WHERE job = 'reconcile_alerts'")
    appended = {message.place: message.append_time_ms for message in played.messages}
    last_fact_offset = played.last_fact_offset()
    for document in stored.values():
        assert document.pop("facts_offset") == last_fact_offset
        place = document["source"]["partition"], document["source"]["offset"]
        assert document.pop("detected_at_ms") >= appended[place]
        assert document.pop("batch_id") == batch_id
    assert stored == expected
    assert {alert["rule_id"] for alert in expected.values()} == set(oracle.RULES)
    assert {alert["status_reason"] for alert in expected.values()} == {None, "duplicate_state"}


def test_every_windowed_alert_is_in_the_store_with_its_true_values_or_a_proven_difference(
    played: Played, windowed_truth: Truths
) -> None:
    stored = {
        document["_id"]: document
        for document in played.documents("fraud_alerts")
        if document["rule_id"] not in oracle.RULES
    }
    retracted = {name for name, document in stored.items() if document["status"] == "retracted"}
    assert stored.keys() - retracted == windowed_truth.keys()
    assert retracted.isdisjoint(windowed_truth)
    for name, document in stored.items():
        reason, evidence = document["status_reason"], document["evidence"]
        assert reason in ({None, *PROVEN} if document["status"] == "confirmed" else PROVEN), name
        if document["status"] == "missed" or reason is None:
            assert evidence.keys() == windowed_truth[name].keys()
            assert all(_same(evidence[part], value) for part, value in windowed_truth[name].items()), name
    planted = {rule for steps in SCENARIOS.values() for step in steps.values() for rule in step.alerts}
    assert {document["rule_id"] for document in stored.values()} >= planted - oracle.RULES.keys()


def _same(found: object, true: object) -> bool:
    """The sines of the engines differ in their last digit, so numbers of distances do; nothing else may."""
    return found == (pytest.approx(true, rel=1e-9) if isinstance(true, float) else true)


def test_every_planted_scenario_caused_its_alerts(played: Played) -> None:
    stored = {document["_id"] for document in played.documents("fraud_alerts")}
    due = {
        f"{rule}:{entry['event_id']}"
        for entry in played.ledger
        if entry["kind"] == "good"
        for rule in entry["expected_alerts"]
    }
    assert due
    assert due <= stored


def test_stream_and_batch_agree_but_for_conflicting_duplicates(played: Played) -> None:
    verdicts = played.rows("SELECT alert_id, verdict, reason FROM warehouse.alert_reconciliation")
    expected = oracle.expected_alerts(played.truth, played.values["KAFKA_TOPIC"])
    found = {name: (verdict, reason) for name, verdict, reason in verdicts}
    assert {name: told for name, told in found.items() if _rule_of(name) in oracle.RULES} == {
        name: (alert["status"], alert["status_reason"]) for name, alert in expected.items()
    }


def test_the_stores_agree_on_the_verdicts_of_windowed_alerts(played: Played) -> None:
    verdicts = played.rows("SELECT alert_id, verdict, reason FROM warehouse.alert_reconciliation")
    assert {name: told for name, *told in verdicts if _rule_of(name) not in oracle.RULES} == {
        document["_id"]: [document["status"], document["status_reason"]]
        for document in played.documents("fraud_alerts")
        if document["rule_id"] not in oracle.RULES
    }


def _rule_of(alert_id: str) -> str:
    return alert_id.partition(":")[0]


def test_the_renewed_stream_went_on_from_its_checkpoint(played: Played) -> None:
    first, second = sorted(played.documents("stream_runs"), key=lambda run: int(run["started_at_ms"]))
    assert first["checkpoint"] is None
    assert second["checkpoint"]
    assert all(
        second["start_offsets"][partition] >= start for partition, start in first["start_offsets"].items()
    )
    assert {rule["id"] for rule in second["rules"]} == {rule.id for rule in load_catalog()}


@pytest.mark.parametrize("name", POISON)
def test_poison_is_quarantined_and_the_good_message_behind_it_is_processed(played: Played, name: str) -> None:
    (partition, offset), event_id = played.poison[name]
    ((reason, payload),) = played.rows(
        "SELECT reason, payload FROM warehouse.data_quality_issues "
        f'WHERE partition = {partition} AND "offset" = {offset}'
    )
    sent, due = POISON[name]
    assert reason == due
    masked = (sent or b"").replace(CARD_NUMBER.encode(), b"**** **** **** 1111")
    assert (payload is None) == (sent is None)
    assert bytes(payload or b"") == masked
    accepted = played.rows(
        f"SELECT partition, \"offset\" FROM warehouse.accepted_events WHERE event_id = '{event_id}'"
    )
    assert accepted == [(partition, offset + 1)]
    alerts = {document["_id"]: document["status"] for document in played.documents("fraud_alerts")}
    assert alerts[f"risky_application:{event_id}"] == "confirmed"


if find_handbook() is not None:

    def test_the_public_transactions_are_all_there_with_their_amounts_and_labels(played: Played) -> None:
        file = find_handbook()
        assert file is not None
        table = pq.read_table(file).to_pandas().sort_values("TX_DATETIME", kind="stable").head(HANDBOOK_ROWS)
        ((count, amount, zeros, frauds, labelled),) = played.rows(
            "SELECT count(*), sum(amount), count(*) FILTER (WHERE amount = 0), "
            "count(*) FILTER (WHERE is_fraud), count(is_fraud) "
            "FROM warehouse.processed_transactions WHERE transaction_id LIKE 'hb!_%' ESCAPE '!'"
        )
        cents = sum(round(Decimal(str(value)) * 100) for value in table["TX_AMOUNT"])
        assert (count, amount) == (HANDBOOK_ROWS, oracle.amount(cents))
        assert (zeros, frauds) == (int((table["TX_AMOUNT"] == 0).sum()), int((table["TX_FRAUD"] == 1).sum()))
        assert labelled == HANDBOOK_ROWS


def test_a_manipulated_alert_fails_the_reconciliation_that_finds_it(played: Played) -> None:
    """Runs last: it leaves a difference behind."""
    genuine = "SELECT document FROM warehouse.stream_alerts WHERE alert_id LIKE 'risky%' LIMIT 1"
    forged: dict[str, Any] = played.rows(genuine)[0][0]
    forged |= {"_id": f"{forged['rule_id']}:forged", "event_id": "forged"}
    send(played.values, "fraud_alerts", [(json.dumps(forged).encode(), 0)])
    done = run_job(played.values, "reconcile_alerts")
    assert done.returncode == 1
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("error: ")]
    assert f"1 differences between stream and batch are unexplained: {forged['_id']}" in line
    assert "Traceback" not in done.stdout
    status = "SELECT status FROM warehouse.batch_runs WHERE job = 'reconcile_alerts' ORDER BY run_number DESC"
    assert played.rows(status)[0] == ("failed",)
