"""What the tables and views must hold, in plain Python from the messages, with none of the project's code."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.batch.oracle import Message, cents, decision, instant, risk_level

FIRST = datetime(2000, 1, 1, tzinfo=UTC)
Row = tuple[Any, ...]


@dataclass
class Oracle:
    """Takes in messages and knows the rows; every message is taken to be a good event."""

    events: list[tuple[tuple[int, tuple[int, int, int]], dict[str, Any]]] = field(default_factory=list)

    def land(self, messages: Iterable[Message]) -> None:
        for message in messages:
            event = json.loads(message.payload or b"")
            self.events.append(((event["event_time_ms"], message.order), event))
        self.events.sort(key=lambda entry: entry[0])

    def of(self, event_type: str) -> list[dict[str, Any]]:
        """Events of a type, in order of event time, then of the topic."""
        return [event for _, event in self.events if event["event_type"] == event_type]

    def users(self) -> set[Row]:
        """user, valid_from, valid_to, application, score, level, region, income."""
        starts: dict[str, dict[datetime, dict[str, Any]]] = defaultdict(dict)
        for _, event in self.events:
            if event["event_type"] in ("application", "transaction", "payment"):
                starts[event["user_id"]].setdefault(FIRST, {})
        for event in self.of("application"):
            starts[event["user_id"]][instant(event["event_time_ms"])] = event
        rows = set()
        for user_id, periods in starts.items():
            begins = sorted(periods)
            for begin, end in zip(begins, [*begins[1:], None], strict=True):
                rows.add((user_id, begin, end, *_level_of(periods[begin])))
        return rows

    def merchants(self) -> set[Row]:
        """merchant, category, country, city, first, last, last transaction."""
        rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for event in self.of("transaction"):
            rows[event["merchant_id"]].append(event)
        found = set()
        for merchant_id, events in rows.items():
            ordered = sorted(events, key=lambda event: (event["event_time_ms"], event["event_id"]))
            last = ordered[-1]
            names = (last[name] for name in ("merchant_category", "country", "city"))
            first_at, last_at = instant(ordered[0]["event_time_ms"]), instant(last["event_time_ms"])
            found.add((merchant_id, *names, first_at, last_at, last["event_id"]))
        return found

    def payments_of(self) -> dict[str, list[dict[str, Any]]]:
        """Loan -> its payments in order."""
        rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for event in self.of("payment"):
            rows[event["application_id"]].append(event)
        return rows

    def loans(self) -> set[Row]:
        """loan, borrower, amount, issued, made, missed, paid, first, last, band, worst, bad since."""
        asked = {event["event_id"]: event for event in self.of("application")}
        paid = self.payments_of()
        approved = {
            loan_id
            for loan_id, event in asked.items()
            if decision(event["credit_score"], event["loan_amount_cents"]) == "approve"
        }
        return {_loan(loan_id, asked.get(loan_id), paid[loan_id]) for loan_id in approved | set(paid)}

    def known_fraud(self) -> set[Row]:
        """transaction, is_fraud, known since."""
        labels = {event["labelled_event_id"]: event for event in self.of("label")}
        rows = set()
        for event in self.of("transaction"):
            label = labels.get(event["event_id"])
            known = (label["is_fraud"], instant(label["event_time_ms"])) if label else (None, None)
            rows.add((event["event_id"], *known))
        return rows

    def vintage_curves(self) -> set[Row]:
        """cohort month, level, age, loans, bad loans."""
        loans = [loan for loan in self.loans() if loan[3] is not None]
        scores = {event["event_id"]: event["credit_score"] for event in self.of("application")}
        newest = max(max(loan[3], loan[8] or loan[3]) for loan in loans)
        cohorts: dict[tuple[date, str], list[int | None]] = defaultdict(list)
        for loan in loans:
            bad = None if loan[11] is None else max(0, _months(loan[3], loan[11]))
            cohorts[_month(loan[3]), risk_level(scores[loan[0]])].append(bad)
        return {
            (month, level, age, len(ages), sum(1 for bad in ages if bad is not None and bad <= age))
            for (month, level), ages in cohorts.items()
            for age in range(_months(month, newest) + 1)
        }

    def roll_rates(self) -> set[Row]:
        """month, band, next band, loans, share."""
        last: dict[str, dict[date, str]] = defaultdict(dict)
        for event in self.of("payment"):
            last[event["application_id"]][_month(instant(event["event_time_ms"]))] = _band(event)
        newest = max(month for months in last.values() for month in months)
        moves: Counter[tuple[date, str, str]] = Counter()
        for months in last.values():
            for month, band in months.items():
                if month < newest:
                    moves[month, band, months.get(_next(month), "no payment event")] += 1
        leaving: Counter[tuple[date, str]] = Counter()
        for (month, band, _), loans in moves.items():
            leaving[month, band] += loans
        return {
            (*move, loans, round(Decimal(loans) / leaving[move[0], move[1]], 6))
            for move, loans in moves.items()
        }

    def funnel(self) -> Counter[str]:
        """Stage -> applications."""
        bands = {loan[0]: loan[9] for loan in self.loans()}
        stages: Counter[str] = Counter()
        for event in self.of("application"):
            decided = decision(event["credit_score"], event["loan_amount_cents"])
            band = bands.get(event["event_id"]) if decided == "approve" else None
            stages["applied"] += 1
            stages["not high risk"] += risk_level(event["credit_score"]) != "High"
            stages["approved"] += decided == "approve"
            stages["payment seen"] += band not in (None, "no payment due")
            stages["paid up"] += band == "current"
        return stages


def _level_of(event: dict[str, Any]) -> Row:
    if not event:
        return (None,) * 5
    income = event["annual_income_cents"]
    score = event["credit_score"]
    yearly = None if income is None else cents(income)
    return (event["event_id"], score, risk_level(score), event["region"], yearly)


def _loan(loan_id: str, asked: dict[str, Any] | None, payments: list[dict[str, Any]]) -> Row:
    made = [event for event in payments if event["status"] == "made"]
    missed = [event for event in payments if event["status"] == "missed"]
    late = [event["days_past_due"] for event in missed if event["days_past_due"] is not None]
    bad = [event["event_time_ms"] for event in missed if (event["days_past_due"] or 0) >= 90]
    times = [instant(event["event_time_ms"]) for event in payments]
    return (
        loan_id, asked["user_id"] if asked else payments[0]["user_id"],
        cents(asked["loan_amount_cents"]) if asked else None,
        instant(asked["event_time_ms"]) if asked else None, len(made), len(missed),
        sum((cents(event["amount_cents"]) for event in made), Decimal(0)),
        times[0] if times else None, times[-1] if times else None,
        _band(payments[-1]) if payments else "no payment due", max(late, default=None),
        instant(bad[0]) if bad else None,
    )  # fmt: skip


def _band(event: dict[str, Any]) -> str:
    days = event["days_past_due"] or 0
    if event["status"] == "made":
        return "current"
    return "90+" if days >= 90 else "60-89" if days >= 60 else "30-59" if days >= 30 else "1-29"


def _month(moment: datetime) -> date:
    return moment.date().replace(day=1)


def _next(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


def _months(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month
