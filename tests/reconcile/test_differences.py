"""Every reason for a difference, provoked on real engines."""

from __future__ import annotations

from typing import Any

import pytest

from tests.reconcile.platform import NOW_MS, Platform, application, big_loan_catalog

pytestmark = pytest.mark.engines


def stored_statuses(platform: Platform) -> dict[str, tuple[str, str | None]]:
    """alert_id -> status and reason in the alert store."""
    return {
        alert_id: (document["status"], document["status_reason"])
        for alert_id, document in platform.documents().items()
    }


def test_alerts_of_conflicting_duplicates_and_of_events_from_files_are_explained(platform: Platform) -> None:
    filed = application("filed")
    quiet_conflict, loud_conflict = application("quiet", 9000), application("loud", 9000)
    platform.land_file([filed, application("only-in-file")])
    platform.send([application("quiet", 10), quiet_conflict, application("loud"), loud_conflict, filed])
    platform.record_run()
    platform.send_alerts(
        [
            platform.alert(quiet_conflict, 1),
            platform.alert(loud_conflict, 3),
            platform.alert(filed, 4),
        ]
    )
    platform.commit()
    platform.land()
    assert platform.reconcile().tally.unexplained_count == 0
    expected = {
        "big_loan:quiet": ("retracted", "duplicate_state"),
        "big_loan:loud": ("confirmed", "duplicate_state"),
        "big_loan:filed": ("confirmed", None),
    }
    assert platform.verdicts() == expected
    assert stored_statuses(platform) == expected


def test_events_that_no_run_read_are_missed_as_stream_gap(platform: Platform) -> None:
    events = [application(f"a{number}") for number in range(5)]
    platform.send(events)
    platform.record_run({0: 1})
    platform.record_run({0: 4}, started_at_ms=NOW_MS + 1000)
    platform.send_alerts([platform.alert(events[number], number) for number in (1, 2)])
    platform.send_alerts([platform.alert(events[4], 4, detected_at_ms=NOW_MS + 1500)])
    platform.commit()
    platform.land()
    platform.reconcile(now_ms=NOW_MS + 5)
    expected: dict[str, tuple[str, str | None]] = {
        f"big_loan:a{number}": ("confirmed", None) for number in (1, 2, 4)
    }
    expected |= {f"big_loan:a{number}": ("missed", "stream_gap") for number in (0, 3)}
    assert platform.verdicts() == expected
    assert stored_statuses(platform) == expected
    missed = platform.documents()["big_loan:a0"]
    whole = platform.alert(events[0], 0) | {"detected_at_ms": NOW_MS + 5, "status": "missed"}
    assert {name: missed[name] for name in whole} == whole


def test_a_missed_alert_that_the_stream_raises_later_is_confirmed(platform: Platform) -> None:
    event = application("a1")
    platform.send([event])
    platform.record_run({0: 1})
    platform.commit()
    platform.land()
    platform.reconcile()
    assert platform.verdicts() == {"big_loan:a1": ("missed", "stream_gap")}
    platform.record_run({0: 0}, started_at_ms=NOW_MS + 1)
    platform.send_alerts([platform.alert(event, 0)])
    platform.reconcile()
    assert stored_statuses(platform) == platform.verdicts() == {"big_loan:a1": ("confirmed", None)}
    history = platform.rows("SELECT verdict FROM warehouse.alert_reconciliation_history ORDER BY judged_at")
    assert history == [("missed",), ("confirmed",)]


def test_a_rule_that_changes_in_mid_stream_is_explained_by_its_version(platform: Platform) -> None:
    changed = big_loan_catalog(
        platform.folder / "changed", 2, "loan_amount_cents > 5000 AND credit_score < 500"
    )
    both, old_only = application("both", 9000), application("old-only", 2000)
    new_only, later = application("new-only", 9000, credit_score=480), application("later", 9000)
    platform.send([both, old_only, new_only, later])
    platform.record_run()
    platform.send_alerts([platform.alert(both, 0), platform.alert(old_only, 1)])
    rules = [{"id": "big_loan", "version": 2}]
    platform.record_run({0: 3}, checkpoint="c", started_at_ms=NOW_MS + 1, rules=rules)
    platform.send_alerts([platform.alert(later, 3, version=2)])
    platform.commit()
    platform.land()
    platform.reconcile(rules=changed)
    assert platform.verdicts() == {
        "big_loan:both": ("confirmed", "rule_version"),
        "big_loan:old-only": ("retracted", "rule_version"),
        "big_loan:new-only": ("missed", "rule_version"),
        "big_loan:later": ("confirmed", None),
    }


def test_an_alert_of_a_rule_that_left_the_catalog_is_retracted(platform: Platform) -> None:
    event = application("a1")
    platform.send([event])
    platform.record_run()
    platform.send_alerts([platform.alert(event, 0)])
    platform.commit()
    platform.land()
    platform.reconcile(rules=())
    assert platform.verdicts() == {"big_loan:a1": ("retracted", "rule_version")}


def test_what_is_not_committed_or_not_landed_waits_and_is_judged_once(platform: Platform) -> None:
    events = [application(f"a{number}") for number in range(3)]
    platform.send(events[:2])
    platform.record_run()
    alerts = [platform.alert(event, offset) for offset, event in enumerate(events)]
    platform.send_alerts(alerts[:2])
    platform.commit({0: 1})
    platform.land()
    assert platform.reconcile().waiting == 1
    assert platform.verdicts() == {"big_loan:a0": ("confirmed", None)}

    platform.send(events[2:])
    platform.record_run({0: 1}, checkpoint="c", started_at_ms=NOW_MS + 1)
    platform.send_alerts([alerts[0] | {"detected_at_ms": NOW_MS + 2}, alerts[2]])
    platform.commit()
    found = platform.reconcile()
    assert (found.waiting, found.gathered.events_judged) == (1, 1)
    assert set(platform.verdicts()) == {"big_loan:a0", "big_loan:a1"}

    platform.land()
    found = platform.reconcile()
    assert (found.waiting, found.gathered.events_judged) == (0, 1)
    assert set(platform.verdicts().values()) == {("confirmed", None)}
    assert platform.rows("SELECT count(*) FROM warehouse.alert_reconciliation_history") == [(3,)]
    assert platform.rows("SELECT DISTINCT detected_at_ms FROM warehouse.stream_alerts") == [(NOW_MS,)]


def test_garbage_on_the_topics_of_the_stream_is_accounted_for_and_stops_nothing(platform: Platform) -> None:
    event = application("a1")
    platform.send([event])
    platform.record_run()
    platform.record_run(rules=3)
    platform.send_garbage([None, b"", b"\xff", b"[]", b"{}", b'{"_id": "\\ud800"}', b"[" * 5000])
    alert = platform.alert(event, 0)
    odd: list[dict[str, Any]] = [
        {"evidence": {"$where": 1}},
        {"evidence": {"a": 2**63}},
        {"message": "\x00"},
        {"rule_version": True},
        {"_id": "other"},
        {"user_id": "u" * 65},
        {"source": alert["source"] | {"topic": "elsewhere"}},
    ]
    platform.send_alerts([*(alert | change for change in odd), alert])
    platform.commit()
    platform.land()
    found = platform.reconcile()
    assert platform.verdicts() == {"big_loan:a1": ("confirmed", None)}
    assert (found.arrivals.read, found.arrivals.new, len(found.arrivals.refused)) == (15, 1, 14)
    refused = platform.rows('SELECT topic, partition, "offset" FROM warehouse.refused_alert_messages')
    alerts, runs = platform.names.alerts_topic, platform.names.runs_topic
    places = [(alerts, partition, offset) for partition in (0, 1) for offset in range(7)]
    assert sorted(refused) == [*places, (runs, 0, 1)]
