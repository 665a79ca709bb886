"""The features of the fraud score from plain loops over transactions and labels, one row at a time.

Written from the documentation, not from the code: no sorting by keys, no running sums.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

DAY_MS = 86_400_000
NAN = math.nan


@dataclass(frozen=True)
class Told:
    """A transaction, and the first label that was ever said of it: when, and whether it is fraud."""

    id: str
    time_ms: int
    customer: str
    terminal: str
    cents: int
    known_ms: int | None = None
    is_fraud: bool = False

    @property
    def order(self) -> tuple[int, str]:
        return self.time_ms, self.id

    @property
    def counts_from_ms(self) -> int:
        """When its label counts from, which is never before the transaction is over."""
        assert self.known_ms is not None
        return max(self.known_ms, self.time_ms + 1)

    @property
    def amount(self) -> float:
        return self.cents / 100


def features_of(one: Told, history: Sequence[Told]) -> dict[str, float]:
    """All features of ``one``, from what had happened and was known at its time."""
    found = _customer(one, history) | _known_frauds("customer", one, _known(one, history, "customer"))
    known = _known(one, history, "terminal")
    for days in (1, 7, 30):
        labels = [other for other in known if _age_days(one, other) < days]
        frauds = [other for other in labels if other.is_fraud]
        found[f"terminal_labels_{days}d"] = len(labels)
        found[f"terminal_frauds_{days}d"] = len(frauds)
        found[f"terminal_risk_{days}d"] = len(frauds) / (len(labels) + 3)
        ordinary = [other for other in frauds if times_typical(other, history) <= 2]
        found[f"terminal_ordinary_frauds_{days}d"] = len(ordinary)
    return found | _known_frauds("terminal", one, known) | _run(one, known)


def times_typical(one: Told, history: Sequence[Told]) -> float:
    before = [other for other in _before(one, history) if other.time_ms > one.time_ms - 90 * DAY_MS]
    if not before:
        return NAN
    return one.amount / math.exp(sum(math.log(max(other.amount, 1)) for other in before) / len(before))


def _before(one: Told, history: Sequence[Told]) -> list[Told]:
    return [other for other in history if other.customer == one.customer and other.order < one.order]


def _customer(one: Told, history: Sequence[Told]) -> dict[str, float]:
    found: dict[str, float] = {"amount": one.amount, "amount_to_typical": times_typical(one, history)}
    before = _before(one, history)
    for days in (1, 7, 30):
        window = [other.amount for other in before if other.time_ms > one.time_ms - days * DAY_MS]
        found[f"customer_count_{days}d"] = len(window) + 1
        found[f"customer_mean_{days}d"] = (sum(window) + one.amount) / (len(window) + 1)
    month = [other.amount for other in before if other.time_ms > one.time_ms - 30 * DAY_MS]
    mean = sum(month) / len(month) if month else NAN
    variance = sum((amount - mean) ** 2 for amount in month) / len(month) if month else NAN
    found["amount_to_customer_mean"] = one.amount / mean if mean > 0 else NAN
    found["amount_deviation"] = (one.amount - mean) / math.sqrt(max(variance, 1)) if month else NAN
    recent = [other for other in before if other.time_ms > one.time_ms - 14 * DAY_MS]
    outliers = [times for times in (times_typical(other, history) for other in recent) if times > 3]
    return found | {"customer_outliers_14d": len(outliers), "customer_outliers_sum_14d": sum(outliers)}


def _known(one: Told, history: Sequence[Told], key: str) -> list[Told]:
    """What was known of the key, the newest label last."""
    known = [
        other
        for other in history
        if getattr(other, key) == getattr(one, key)
        and other.known_ms is not None
        and other.counts_from_ms <= one.time_ms
        and other.known_ms - other.time_ms <= 120 * DAY_MS
        and _age_days(one, other) < 35
    ]
    return sorted(known, key=lambda other: other.counts_from_ms)


def _age_days(one: Told, other: Told) -> float:
    return (one.time_ms - other.counts_from_ms) / DAY_MS


def _known_frauds(name: str, one: Told, known: Sequence[Told]) -> dict[str, float]:
    frauds = [place for place, other in enumerate(known) if other.is_fraud]
    names = [f"{name}_first_fraud_days", f"{name}_newest_fraud_days", f"{name}_genuine_since_fraud"]
    if not frauds:
        return dict.fromkeys(names, NAN)
    ages = _age_days(one, known[frauds[0]]), _age_days(one, known[frauds[-1]])
    return dict(zip(names, (*ages, len(known) - 1 - frauds[-1]), strict=True))


def _run(one: Told, known: Sequence[Told]) -> dict[str, float]:
    length = 0
    while length < len(known) and known[-1 - length].is_fraud:
        length += 1
    before = known[: len(known) - length]
    return {
        "terminal_fraud_run": length,
        "terminal_fraud_run_days": _age_days(one, known[-length]) if length else NAN,
        "terminal_genuine_before_run_days": _age_days(one, before[-1]) if length and before else NAN,
    }
