"""Writes ``transactions.csv`` and ``loan_applications.csv`` that look like a bank's exports.

``python data/generate_dummy_data.py --rows 1000 --applications 500 --seed 7 --output data/samples``

People, merchants and places are those of the producer's population; fraud is a burst of
large purchases far from home on a device that the person never had. The same options
write the same bytes.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

sys.path.insert(0, str(Path(__file__).parents[1]))

from ingestion.population import CARD_TYPES, CATEGORIES, Population, create_population

DAY_S = 86_400
FRAUD_USES = 4
FRAUD_SHARE = 0.02
LOW_FROM, MEDIUM_FROM = 700, 500
TRANSACTION_COLUMNS = (
    *("transaction_id", "user_id", "amount", "timestamp", "location", "merchant", "card_type", "device_id"),
    *("credit_score", "risk_level", "is_fraud"),
)
APPLICATION_COLUMNS = ("application_id", "user_id", "credit_score", "loan_amount", "timestamp", "region")
START = datetime(2025, 1, 1)


def main(
    rows: Annotated[int, typer.Option(help="Rows of transactions.csv.", min=1)] = 1_000,
    applications: Annotated[int, typer.Option(help="Rows of loan_applications.csv.", min=1)] = 500,
    seed: Annotated[int, typer.Option(help="The same seed writes the same bytes.", min=0)] = 7,
    start: Annotated[datetime, typer.Option(help="First day of the files, UTC.")] = START,
    days: Annotated[int, typer.Option(help="Days that the files cover.", min=1)] = 30,
    output: Annotated[Path, typer.Option(help="Folder to write to.")] = Path(),
) -> None:
    """Write both files into a folder."""
    population = create_population(seed, users=max(50, rows // 20))
    rng = np.random.default_rng([seed, 7])
    start_s = int(start.replace(tzinfo=UTC).timestamp())
    output.mkdir(parents=True, exist_ok=True)
    transactions = list(_transactions(population, rng, rows, start_s, days))
    loans = _applications(population, rng, applications, start_s, days)
    _write(output / "transactions.csv", "transaction_id", TRANSACTION_COLUMNS, transactions)
    _write(output / "loan_applications.csv", "application_id", APPLICATION_COLUMNS, list(loans))
    typer.echo(f"wrote {rows:,} transactions and {applications:,} applications to {output}")


Row = dict[str, str | int]


def _transactions(
    population: Population, rng: np.random.Generator, rows: int, start_s: int, days: int
) -> Iterator[Row]:
    frauds = int(rows * FRAUD_SHARE) // FRAUD_USES
    for _ in range(rows - frauds * FRAUD_USES):
        yield _usual(population, rng, start_s + int(rng.integers(days * DAY_S)))
    for _ in range(frauds):
        yield from _burst(population, rng, start_s + int(rng.integers(days * DAY_S - DAY_S // 2)))


def _usual(population: Population, rng: np.random.Generator, time_s: int) -> Row:
    people, merchants = population.people, population.merchants
    person = int(rng.integers(len(people.ids)))
    merchant = int(rng.choice(people.favourites[person]))
    median = CATEGORIES[int(merchants.category[merchant])][1]
    cents = int(median * np.exp(people.spending[person] + rng.normal(0, 0.5)))
    device = people.device_ids[person * 2 + int(rng.random() < 0.3)]
    return _row(
        population, person, time_s, cents, int(people.home[person]), merchants.ids[merchant], device, 0
    )


def _burst(population: Population, rng: np.random.Generator, time_s: int) -> Iterator[Row]:
    people, merchants = population.people, population.merchants
    person = int(rng.integers(len(people.ids)))
    place = int(rng.choice(np.flatnonzero(np.arange(len(population.places.city)) != people.home[person])))
    device = f"unknown_{person}_{time_s}"
    for use in range(FRAUD_USES):
        merchant = merchants.ids[int(rng.choice(merchants.online))]
        cents = int(rng.integers(50_000, 400_000))
        yield _row(population, person, time_s + use * 180, cents, place, merchant, device, 1)


def _row(
    population: Population,
    person: int,
    time_s: int,
    cents: int,
    place: int,
    merchant: str,
    device: str,
    is_fraud: int,
) -> Row:
    score = int(population.people.score[person])
    return {
        "user_id": population.people.ids[person],
        "amount": _amount(cents),
        "timestamp": _iso(time_s),
        "location": f"{population.places.city[place]}, {population.places.country[place]}",
        "merchant": merchant,
        "card_type": CARD_TYPES[person % 2],
        "device_id": device,
        "credit_score": score,
        "risk_level": "Low" if score >= LOW_FROM else "Medium" if score >= MEDIUM_FROM else "High",
        "is_fraud": is_fraud,
    }


def _applications(
    population: Population, rng: np.random.Generator, rows: int, start_s: int, days: int
) -> Iterator[Row]:
    people = population.people
    for _ in range(rows):
        person = int(rng.integers(len(people.ids)))
        cents = int(np.exp(rng.normal(np.log(900_000), 0.7))) // 10_000 * 10_000 + 50_000
        yield {
            "user_id": people.ids[person],
            "credit_score": int(np.clip(people.score[person] + rng.normal(0, 30), 300, 850)),
            "loan_amount": _amount(cents),
            "timestamp": _iso(start_s + int(rng.integers(days * DAY_S))),
            "region": population.places.region[int(people.home[person])],
        }


def _write(path: Path, id_column: str, columns: tuple[str, ...], rows: list[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        prefix = id_column[:2]
        for number, row in enumerate(sorted(rows, key=lambda row: str(row["timestamp"]))):
            writer.writerow({id_column: f"{prefix}{number:06d}", **row})


def _amount(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def _iso(time_s: int) -> str:
    return datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


if __name__ == "__main__":
    typer.run(main)
