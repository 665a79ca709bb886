"""What each step of a planted fraud scenario must cause: the one table to read.

A step's ``alerts`` are the ids of the rules that the event must trip. The ledger lists
those that stand in the catalog; the others wait for rules of that id. ``is_fraud`` is
the truth about the event, None where no label is sent about it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import rules


@dataclass(frozen=True)
class Step:
    """One kind of event within a scenario."""

    is_fraud: bool | None
    alerts: tuple[str, ...] = ()


SCENARIOS: dict[str, dict[str, Step]] = {
    # Nine uses of a stolen card within nine minutes in its owner's city, the last a withdrawal.
    "stolen_card": {
        "first_uses": Step(is_fraud=True),
        "burst": Step(is_fraud=True, alerts=("card_burst",)),
        "withdrawal": Step(is_fraud=True, alerts=("card_burst", "large_atm_withdrawal")),
    },
    # The owner buys at home; half an hour later a new device far away places large orders.
    "account_takeover": {
        "at_home": Step(is_fraud=None),
        "far_order": Step(
            is_fraud=True,
            alerts=(
                "impossible_travel",
                "large_ecommerce_amount",
                "new_device_far_away",
                "new_device_high_amount",
            ),
        ),
        "next_order": Step(
            is_fraud=True, alerts=("impossible_travel", "large_ecommerce_amount", "new_device_high_amount")
        ),
    },
    # A loan is taken, the line drawn to beyond its limit within days, and nothing is paid back.
    "bust_out": {
        "application": Step(is_fraud=True),
        "fast_usage": Step(is_fraud=None),
        "usage_spike": Step(is_fraud=None, alerts=("credit_usage_spike",)),
        "overdrawn": Step(is_fraud=True, alerts=("credit_usage_spike", "overdrawn_credit_line")),
        "missed": Step(is_fraud=None),
        "long_missed": Step(is_fraud=None, alerts=("missed_payments", "severely_past_due")),
    },
    # Someone with a very low score asks for far more than two years' income.
    "risky_application": {
        "application": Step(is_fraud=True, alerts=("risky_application", "unaffordable_loan")),
    },
    # Cards used at one merchant within some hours are all misused from one device later.
    "merchant_compromise": {
        "visit": Step(is_fraud=None),
        "misuse": Step(is_fraud=True, alerts=("large_ecommerce_amount", "new_device_high_amount")),
        "more_misuse": Step(
            is_fraud=True, alerts=("device_shared", "large_ecommerce_amount", "new_device_high_amount")
        ),
    },
    # One device tries one card with twelve tiny amounts in six minutes, then cashes in.
    "card_testing": {
        "probe": Step(is_fraud=True),
        "many_probes": Step(is_fraud=True, alerts=("card_testing",)),
        "cash_in": Step(is_fraud=True, alerts=("large_ecommerce_amount", "new_device_high_amount")),
    },
}


def expected_alerts(scenario: str, step: str, catalog: frozenset[str]) -> tuple[str, ...]:
    """Return the rules of the catalog that this step must trip."""
    return tuple(rule for rule in SCENARIOS[scenario][step].alerts if rule in catalog)


def catalog_rule_ids() -> frozenset[str]:
    """Ids of the rules that stand: each is the name of its file."""
    folder = Path(rules.__file__ or "").parent / "catalog"
    return frozenset(path.stem for path in folder.glob("*.yaml"))
