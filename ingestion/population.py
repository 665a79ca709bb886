"""Places, merchants and people with stable habits, made once per stream.

Faker fills the pools of texts; everything that is drawn per event is numpy.
A *fragment* is a piece of JSON ready to be put into an event.
"""

from __future__ import annotations

from dataclasses import dataclass
from string import ascii_lowercase
from typing import Any

import numpy as np
import orjson
from faker import Faker
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Texts = NDArray[np.object_]

CATEGORIES = (  # name, median amount in cents, weight, sold online
    ("grocery", 4_200, 30, False),
    ("restaurant", 3_100, 20, False),
    ("fuel", 4_800, 10, False),
    ("pharmacy", 2_300, 8, False),
    ("clothing", 6_400, 8, True),
    ("electronics", 14_000, 5, True),
    ("travel", 26_000, 3, True),
    ("digital_goods", 1_500, 10, True),
    ("cash", 8_000, 6, False),
)
CASH = [name for name, *_ in CATEGORIES].index("cash")
CURRENCIES = {"GB": "GBP", "DE": "EUR", "FR": "EUR", "ES": "EUR", "IT": "EUR", "JP": "JPY", "CN": "CNY"}
CURRENCIES |= {"BR": "BRL", "CA": "CAD", "MX": "MXN", "IN": "INR", "AU": "AUD", "PL": "PLN"}
CARD_TYPES = ("debit", "credit", "prepaid")
EMPLOYMENT = ("employed", "self_employed", "student", "retired", "unemployed")
HOURS = 24
FAVOURITES = 6
CARDS_PER_USER = DEVICES_PER_USER = 2
NAME_POOL = 1_000


@dataclass(frozen=True)
class Places:
    """A row is a city that people live in, with its coordinates in degrees."""

    city: list[str]
    country: list[str]
    region: list[str]
    latitude: Floats
    longitude: Floats


@dataclass(frozen=True)
class Merchants:
    """A row is a merchant; those of one place stand together, the online ones last."""

    ids: list[str]
    place: Ints
    category: Ints
    fragment: Texts
    place_fragment: Texts
    first_of_place: Ints
    count_of_place: Ints
    online: Ints


@dataclass(frozen=True)
class People:
    """A row is a customer with habits; cards and devices are ``user * 2`` and ``user * 2 + 1``."""

    ids: list[str]
    id_text: Texts
    key: Texts
    home: Ints
    home_fragment: Texts
    hour_weights: Floats
    spending: Floats
    income_cents: Ints
    score: Ints
    limit_cents: Ints
    employment: Texts
    favourites: Ints
    card_ids: list[str]
    card_fragment: Texts
    device_ids: list[str]
    device_fragment: Texts


@dataclass(frozen=True)
class Population:
    """Everything that lives as long as the stream."""

    places: Places
    merchants: Merchants
    people: People


def create_population(seed: int, users: int) -> Population:
    """Draw places, merchants and people; the same seed gives the same population."""
    faker = Faker("en_US")
    faker.seed_instance(seed)
    rng = np.random.default_rng([seed, 0])
    places = _create_places(faker, rng)
    merchants = _create_merchants(faker, rng, places, max(400, users // 4))
    return Population(places, merchants, _create_people(faker, rng, places, merchants, users))


def _create_places(faker: Faker, rng: np.random.Generator, count: int = 120) -> Places:
    rows: dict[tuple[str, str], tuple[float, float, str]] = {}
    while len(rows) < count:
        at_home = rng.random() < 0.6
        found = faker.local_latlng("US") if at_home else faker.location_on_land()
        latitude, longitude, city, country, zone = found
        region = faker.state() if country == "US" else zone.partition("/")[0]
        rows.setdefault((city, country), (float(latitude), float(longitude), region))
    values = list(rows.values())
    return Places(
        city=[city for city, _ in rows],
        country=[country for _, country in rows],
        region=[region for *_, region in values],
        latitude=np.array([latitude for latitude, *_ in values]),
        longitude=np.array([longitude for _, longitude, _ in values]),
    )


def place_fields(places: Places, place: int, rng: np.random.Generator) -> dict[str, Any]:
    """Country, city and coordinates of a spot in the city (within some kilometres)."""
    return {
        "country": places.country[place],
        "city": places.city[place],
        "latitude": round(float(np.clip(places.latitude[place] + rng.normal(0, 0.02), -90, 90)), 4),
        "longitude": round(float(np.clip(places.longitude[place] + rng.normal(0, 0.02), -180, 180)), 4),
    }


def fragment(fields: dict[str, Any]) -> str:
    """``,"a":1,"b":2``: the fields as they follow others in an object; empty for none."""
    return "," + orjson.dumps(fields).decode()[1:-1] if fields else ""


def texts(values: list[Any]) -> Texts:
    """Any Python objects as an array that can be indexed by an array."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def _create_merchants(faker: Faker, rng: np.random.Generator, places: Places, count: int) -> Merchants:
    sizes = 1 / np.arange(1, len(places.city) + 1) ** 0.7
    place = np.sort(rng.choice(len(sizes), size=count, p=sizes / sizes.sum()))
    place = np.sort(np.concatenate([place, np.repeat(np.arange(len(sizes)), 3)]))
    weights = np.array([weight for _, _, weight, _ in CATEGORIES], dtype=float)
    category = rng.choice(len(CATEGORIES), size=len(place), p=weights / weights.sum())
    first = np.searchsorted(place, np.arange(len(sizes)))
    category[first] = CASH
    names = [faker.company().lower().replace(",", "").replace(" ", "-") for _ in range(NAME_POOL)]
    ids = [f"m{row}.{names[int(rng.integers(NAME_POOL))]}" for row in range(len(place))]
    sells_online = np.array([online for *_, online in CATEGORIES])
    return Merchants(
        ids=ids,
        place=place,
        category=category,
        fragment=texts([_merchant_fragment(ids[m], category[m], places, place[m]) for m in range(len(ids))]),
        place_fragment=texts([fragment(place_fields(places, p, rng)) for p in place.tolist()]),
        first_of_place=first,
        count_of_place=np.bincount(place, minlength=len(sizes)),
        online=np.flatnonzero(sells_online[category]),
    )


def _merchant_fragment(merchant_id: str, category: int, places: Places, place: int) -> str:
    fields = {"merchant_id": merchant_id, "merchant_category": CATEGORIES[category][0]}
    currency = CURRENCIES.get(places.country[place])
    return fragment({**fields, "currency": currency} if currency else fields)


def _create_people(
    faker: Faker, rng: np.random.Generator, places: Places, merchants: Merchants, users: int
) -> People:
    home = merchants.place[rng.integers(len(merchants.place), size=users)]
    names = [faker.user_name() for _ in range(NAME_POOL)]
    ids = [f"u{row}.{names[int(rng.integers(NAME_POOL))]}" for row in range(users)]
    income = np.exp(rng.normal(np.log(5_200_000), 0.5, users)).astype(np.int64)
    card_ids = _things_of(ids, "card", CARDS_PER_USER)
    card_types = rng.choice(len(CARD_TYPES), size=len(card_ids), p=(0.5, 0.45, 0.05)).tolist()
    device_ids = _things_of(ids, "device", DEVICES_PER_USER)
    favourite = rng.integers(1 << 30, size=(users, FAVOURITES)) % merchants.count_of_place[home][:, None]
    return People(
        ids=ids,
        id_text=texts(ids),
        key=texts([text.encode() for text in ids]),
        home=home,
        home_fragment=texts([fragment(place_fields(places, place, rng)) for place in home.tolist()]),
        hour_weights=_hour_weights(rng, places.longitude[home]),
        spending=rng.normal(0, 0.35, users) + 0.4 * np.log(income / 5_200_000),
        income_cents=income,
        score=np.clip(rng.normal(685, 70, users), 300, 850).astype(np.int64),
        limit_cents=(income // 1_200_000 + 1) * 100_000,
        employment=texts(rng.choice(EMPLOYMENT, size=users, p=(0.66, 0.13, 0.07, 0.1, 0.04)).tolist()),
        favourites=merchants.first_of_place[home][:, None] + favourite,
        card_ids=card_ids,
        card_fragment=texts(
            [
                fragment({"card_id": card_id, "card_type": CARD_TYPES[kind]})
                for card_id, kind in zip(card_ids, card_types, strict=True)
            ]
        ),
        device_ids=device_ids,
        device_fragment=texts([fragment({"device_id": device_id}) for device_id in device_ids]),
    )


def _things_of(user_ids: list[str], kind: str, count: int) -> list[str]:
    """Ids of what belongs to people; other people's, of another seed, are others."""
    return [f"{kind}_{user_id[1:]}_{letter}" for user_id in user_ids for letter in ascii_lowercase[:count]]


def _hour_weights(rng: np.random.Generator, longitude: Floats) -> Floats:
    """For each UTC hour, the running sum of everybody's activity, from hour to hour + 1.

    A number drawn in [hour, hour + 1) then finds a person by one binary search.
    """
    users = len(longitude)
    wakes = rng.normal(7.5, 1.5, users)
    awake_hours = rng.normal(15, 1.2, users)
    activity = np.exp(rng.normal(0, 0.7, users))
    local = (np.arange(HOURS)[:, None] + longitude[None, :] / 15 - wakes[None, :]) % HOURS
    weights = np.where(local < awake_hours[None, :], 1.0, 0.03) * activity[None, :]
    running = np.cumsum(weights, axis=1)
    return np.asarray((running / running[:, -1:] + np.arange(HOURS)[:, None]).ravel())
