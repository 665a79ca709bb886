"""How each fraud scenario plays: the events of one instance, in the steps of ``scenario_table``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ingestion.options import DAY_MS
from ingestion.population import FAVOURITES, Population, place_fields

MINUTE_MS, HOUR_MS = 60_000, 3_600_000
FAR_KM = 3_000


class PlantedEvent(NamedTuple):
    """An event of a scenario: ``fields`` lack what the plan adds (id, time, user)."""

    at_ms: int
    person: int
    event_type: str
    step: str
    fields: dict[str, Any]


@dataclass(frozen=True)
class Stage:
    """Where one instance of a scenario plays."""

    population: Population
    rng: np.random.Generator
    victims: list[int]
    at_ms: int
    pace: float
    run_id: str

    def later(self, natural_ms: int) -> int:
        """Time after the beginning; days shrink with the stream when that is short."""
        return self.at_ms + int(natural_ms * self.pace)

    def cents(self, low: int, high: int) -> int:
        """Draw an amount."""
        return int(self.rng.integers(low, high))

    def card(self, person: int) -> dict[str, Any]:
        """Return the main card of somebody."""
        return {"card_id": self.population.people.card_ids[person * 2], "card_type": "credit"}

    def shop(self, person: int, number: int) -> dict[str, Any]:
        """Return a favourite shop of somebody and where it is."""
        people, merchants = self.population.people, self.population.merchants
        merchant = int(people.favourites[person, number % FAVOURITES])
        place = place_fields(self.population.places, int(merchants.place[merchant]), self.rng)
        return {"merchant_id": merchants.ids[merchant], **place}

    def web_shop(self, number: int) -> dict[str, Any]:
        """Return a merchant that sells online."""
        merchants = self.population.merchants
        return {"merchant_id": merchants.ids[int(merchants.online[number % len(merchants.online)])]}

    def home(self, person: int) -> dict[str, Any]:
        """Return the place that somebody lives in."""
        people = self.population.people
        return place_fields(self.population.places, int(people.home[person]), self.rng)

    def far_from(self, person: int) -> dict[str, Any]:
        """Return a place at least ``FAR_KM`` away from somebody's home."""
        places = self.population.places
        home = int(self.population.people.home[person])
        distance = _distances_km(places.latitude, places.longitude, home)
        chosen = self.rng.choice(np.flatnonzero(distance > FAR_KM))
        return place_fields(places, int(chosen), self.rng)


def _stolen_card(stage: Stage) -> Iterator[PlantedEvent]:
    (person,) = stage.victims
    for use in range(9):
        step = "first_uses" if use < 5 else "burst" if use < 8 else "withdrawal"
        amount = 200_000 + stage.cents(0, 5) * 2_000 if step == "withdrawal" else stage.cents(90_000, 150_000)
        fields = {
            **{"amount_cents": amount, **stage.card(person), **stage.shop(person, use)},
            "channel": "atm" if step == "withdrawal" else "pos",
        }
        yield PlantedEvent(stage.at_ms + use * MINUTE_MS, person, "transaction", step, fields)


def _account_takeover(stage: Stage) -> Iterator[PlantedEvent]:
    (person,) = stage.victims
    bought = {"amount_cents": stage.cents(1_000, 9_000), **stage.card(person), **stage.shop(person, 0)}
    yield PlantedEvent(stage.at_ms, person, "transaction", "at_home", {**bought, "channel": "pos"})
    device = {"device_id": f"new_{stage.run_id}_{person}", "channel": "ecommerce", **stage.far_from(person)}
    for order in range(3):
        amount = stage.cents(500_000, 900_000)
        fields = {"amount_cents": amount, **stage.card(person), **stage.web_shop(person + order), **device}
        at_ms = stage.at_ms + (30 + 4 * order) * MINUTE_MS
        yield PlantedEvent(at_ms, person, "transaction", "next_order" if order else "far_order", fields)


def _bust_out(stage: Stage) -> Iterator[PlantedEvent]:
    (person,) = stage.victims
    people = stage.population.people
    loan = int(people.income_cents[person])
    asked = {"credit_score": 690, "loan_amount_cents": loan, "annual_income_cents": loan, "term_months": 36}
    yield PlantedEvent(stage.at_ms, person, "application", "application", asked)
    limit = int(people.limit_cents[person])
    for number, share in enumerate((0.35, 0.7, 0.98, 1.15)):
        step = "overdrawn" if share > 1 else "usage_spike" if share > 0.9 else "fast_usage"
        used = {"credit_limit_cents": limit, "balance_cents": int(limit * share)}
        yield PlantedEvent(stage.later((4 + 5 * number) * HOUR_MS), person, "credit_usage", step, used)
    for number, days in enumerate((35, 65, 95)):
        missed = {"status": "missed", "amount_cents": 0, "days_past_due": days}
        missed["application_id"] = f"old_{stage.run_id}_{person}"
        step = "long_missed" if days >= 90 else "missed"
        yield PlantedEvent(stage.later(DAY_MS + number * 6 * HOUR_MS), person, "payment", step, missed)


def _risky_application(stage: Stage) -> Iterator[PlantedEvent]:
    (person,) = stage.victims
    income = stage.cents(600_000, 1_500_000)
    asked = {
        "credit_score": stage.cents(300, 450),
        "loan_amount_cents": max(1_500_000, income * 2) + stage.cents(100, 1_000_000),
        **{"annual_income_cents": income, "purpose": "debt_consolidation", "currency": "USD"},
    }
    yield PlantedEvent(stage.at_ms, person, "application", "application", asked)


def _merchant_compromise(stage: Stage) -> Iterator[PlantedEvent]:
    shop = stage.shop(stage.victims[0], 0)
    for number, person in enumerate(stage.victims):
        visit = {"amount_cents": stage.cents(1_500, 12_000), **stage.card(person), **shop, "channel": "pos"}
        yield PlantedEvent(stage.later(number * HOUR_MS), person, "transaction", "visit", visit)
        amount = stage.cents(500_000, 700_000)
        misuse = {
            "amount_cents": amount,
            **stage.card(person),
            **stage.web_shop(number),
            **stage.home(person),
        }
        misuse |= {"device_id": f"thief_{stage.run_id}_{stage.victims[0]}", "channel": "ecommerce"}
        step = "misuse" if number < 2 else "more_misuse"
        yield PlantedEvent(stage.later((30 + number) * HOUR_MS), person, "transaction", step, misuse)


def _card_testing(stage: Stage) -> Iterator[PlantedEvent]:
    (person,) = stage.victims
    card = {**stage.card(person), "device_id": f"bot_{stage.run_id}_{person}", "channel": "ecommerce"}
    for probe in range(12):
        fields = {"amount_cents": stage.cents(0, 200), **card, **stage.web_shop(person)}
        step = "probe" if probe < 10 else "many_probes"
        yield PlantedEvent(stage.at_ms + probe * MINUTE_MS // 2, person, "transaction", step, fields)
    fields = {"amount_cents": stage.cents(500_000, 800_000), **card, **stage.web_shop(person + 1)}
    yield PlantedEvent(stage.at_ms + 20 * MINUTE_MS, person, "transaction", "cash_in", fields)


PLAYS: dict[str, Callable[[Stage], Iterator[PlantedEvent]]] = {
    "stolen_card": _stolen_card,
    "account_takeover": _account_takeover,
    "bust_out": _bust_out,
    "risky_application": _risky_application,
    "merchant_compromise": _merchant_compromise,
    "card_testing": _card_testing,
}


def _distances_km(latitude: Any, longitude: Any, home: int) -> Any:
    lat, lon = np.radians(latitude), np.radians(longitude)
    cosine = np.sin(lat) * np.sin(lat[home]) + np.cos(lat) * np.cos(lat[home]) * np.cos(lon - lon[home])
    return 6_371 * np.arccos(np.clip(cosine, -1, 1))
