"""A bug in stream or batch shows: the run fails, the verdicts stand."""

from __future__ import annotations

from typing import Any

import pytest

from spark_jobs.reconciliation.reconciling import UnexplainedError
from tests.reconcile.platform import Platform, application, big_loan_catalog

pytestmark = pytest.mark.engines


def good(platform: Platform, offset: int) -> dict[str, Any]:
    """The right alert of the event at an offset."""
    return platform.alert(application(f"a{offset}"), offset)


def invented(platform: Platform, event_id: str, **place: int) -> dict[str, Any]:
    """An alert that no stream raised."""
    alert = platform.alert(application(event_id), 0)
    return alert | {"source": alert["source"] | place}


def test_every_sabotage_is_unexplained_and_the_run_names_it(platform: Platform) -> None:
    platform.send([application("a0"), application("a1"), application("a2"), application("quiet", 10)])
    platform.send([application("conflict", 10), application("conflict")], partition=1)
    platform.record_run()
    wrong = good(platform, 1) | {"evidence": {"loan_amount_cents": 5001, "credit_score": 400}}
    alerts = [
        good(platform, 0),
        wrong,
        invented(platform, "quiet", offset=3),
        invented(platform, "nobody", offset=3),
        invented(platform, "future", offset=10**12),
        invented(platform, "elsewhere", partition=99),
        platform.alert(application("conflict", 6000), 1, 1),
    ]
    platform.send_alerts(alerts)
    platform.commit()
    platform.land()
    with pytest.raises(UnexplainedError) as raised:
        platform.reconcile()
    assert platform.verdicts() == {
        "big_loan:a0": ("confirmed", None),
        "big_loan:a1": ("confirmed", "unexplained"),
        "big_loan:a2": ("missed", "unexplained"),
        "big_loan:quiet": ("retracted", "unexplained"),
        "big_loan:nobody": ("retracted", "unexplained"),
        "big_loan:future": ("retracted", "unexplained"),
        "big_loan:elsewhere": ("retracted", "unexplained"),
        "big_loan:conflict": ("retracted", "unexplained"),
    }
    assert platform.documents()["big_loan:a2"]["status"] == "missed"
    assert "7 differences" in str(raised.value)
    assert "big_loan:a1 differs from the event in evidence" in str(raised.value)
    assert "5001" not in str(raised.value)


def test_a_difference_fails_every_run_until_it_is_explained(platform: Platform) -> None:
    platform.send([application("a0"), application("a1")])
    platform.record_run()
    platform.send_alerts([good(platform, 0), invented(platform, "a1", offset=0)])
    platform.commit()
    platform.land()
    runs = "SELECT status, error FROM warehouse.batch_runs WHERE job = 'reconcile_alerts' ORDER BY run_number"
    with pytest.raises(UnexplainedError):
        platform.reconcile()
    ((status, error),) = platform.rows(runs)
    assert status == "failed"
    assert "big_loan:a1" in error
    with pytest.raises(UnexplainedError):
        platform.reconcile()
    assert platform.rows("SELECT count(*) FROM warehouse.alert_reconciliation_history") == [(2,)]


def test_a_removed_alert_fails_the_runs_until_it_comes(platform: Platform) -> None:
    platform.send([application("a0")])
    platform.record_run()
    platform.commit()
    platform.land()
    with pytest.raises(UnexplainedError):
        platform.reconcile()
    platform.send_alerts([good(platform, 0)])
    platform.reconcile()
    assert platform.verdicts() == {"big_loan:a0": ("confirmed", None)}


def test_a_rule_that_fires_otherwise_in_the_batch_is_unexplained(platform: Platform) -> None:
    bent = big_loan_catalog(platform.folder / "bent", 1, "loan_amount_cents > 1000 AND credit_score < 400")
    platform.send([application("a0")])
    platform.record_run()
    platform.send_alerts([good(platform, 0)])
    platform.commit()
    platform.land()
    with pytest.raises(UnexplainedError):
        platform.reconcile(rules=bent)
    assert platform.verdicts() == {"big_loan:a0": ("retracted", "unexplained")}
