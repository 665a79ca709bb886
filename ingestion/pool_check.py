"""Holds every text of the pools against the contract once, so that events need no check of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from contract.parser import validate_event
from ingestion.errors import GeneratedEventError
from ingestion.population import EMPLOYMENT, Population, Texts

TIME_MS = 1_700_000_000_000


def check_population(population: Population) -> None:
    """Validate one event for each text of the pools.

    Raises:
        GeneratedEventError: the contract refuses one.
    """
    for event in _events(population):
        refused = validate_event(event)
        if refused:
            raise GeneratedEventError(f"pools of {event['event_type']}: {refused[1]}")


def _events(population: Population) -> Iterator[dict[str, Any]]:
    places, merchants, people = population.places, population.merchants, population.people
    for region in places.region:
        for status in EMPLOYMENT:
            yield _event("application", credit_score=700, loan_amount_cents=1) | {
                "region": region,
                "employment_status": status,
            }
    for merchant, place in zip(_parsed(merchants.fragment), _parsed(merchants.place_fragment), strict=True):
        yield _event("transaction", amount_cents=1, card_id="card") | merchant | place
    for user_id, place in zip(people.ids, _parsed(people.home_fragment), strict=True):
        yield (
            _event("transaction", amount_cents=1, card_id="card", merchant_id="m")
            | place
            | {"user_id": user_id}
        )
    for card, device in zip(_parsed(people.card_fragment), _parsed(people.device_fragment), strict=True):
        yield _event("transaction", amount_cents=1, merchant_id="m") | card | device


def _event(event_type: str, **fields: Any) -> dict[str, Any]:
    common = {"event_id": "pool", "event_type": event_type, "event_time_ms": TIME_MS, "user_id": "pool"}
    return {**common, **fields}


def _parsed(fragments: Texts) -> Iterator[dict[str, Any]]:
    for text in fragments.tolist():
        yield orjson.loads("{" + text[1:] + "}")
