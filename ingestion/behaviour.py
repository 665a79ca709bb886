"""What people normally do: one chunk of events at a time, drawn with numpy.

Normal behaviour trips the rules of the catalog only now and then, as it does in life.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ingestion.chunks import Chunk, Rows
from ingestion.column_check import check_columns
from ingestion.options import DAY_MS, StreamOptions
from ingestion.population import CASH, CATEGORIES, HOURS, Flags, Floats, Ints, Population, Texts, texts
from ingestion.trips import Trips, draw_trips

CHUNK_EVENTS = 10_000
HOUR_MS = 3_600_000
SHARES = {"transaction": 0.90, "credit_usage": 0.04, "payment": 0.03, "application": 0.02, "label": 0.01}
REVIEWED_SHARE = 0.02
LABEL_DELAY_MS = DAY_MS // 2
PURPOSES = ("car", "home_improvement", "debt_consolidation", "education", "medical", "wedding")
TERMS_MONTHS = (12, 24, 36, 48, 60)
MEDIAN_CENTS = np.array([median for _, median, *_ in CATEGORIES], dtype=float)

TRANSACTION = (
    '{"event_id":"%s","event_type":"transaction","event_time_ms":%d,"user_id":"%s","amount_cents":%d%s%s%s%s}'
)
APPLICATION = (
    '{"event_id":"%s","event_type":"application","event_time_ms":%d,"user_id":"%s","credit_score":%d,'
    '"loan_amount_cents":%d,"region":"%s","purpose":"%s","term_months":%d%s,"employment_status":"%s"}'
)
PAYMENT = (
    '{"event_id":"%s","event_type":"payment","event_time_ms":%d,"user_id":"%s","application_id":"%s",'
    '"status":"%s","amount_cents":%d,"days_past_due":%d}'
)
CREDIT_USAGE = (
    '{"event_id":"%s","event_type":"credit_usage","event_time_ms":%d,"user_id":"%s","credit_limit_cents":%d,'
    '"balance_cents":%d}'
)
LABEL = (
    '{"event_id":"%s","event_type":"label","event_time_ms":%d,"user_id":"%s","labelled_event_id":"%s",'
    '"is_fraud":%s,"source":"%s"}'
)
POS, ECOMMERCE, ATM = (f',"channel":"{channel}"' for channel in ("pos", "ecommerce", "atm"))


@dataclass
class Behaviour:
    """Makes the normal events of one stream, chunk after chunk; keeps loans, balances, reviews."""

    options: StreamOptions
    population: Population
    trips: Trips = field(init=False)
    loans: Texts = field(init=False)
    utilisation: Floats = field(init=False)
    reviews: deque[tuple[int, str, int]] = field(default_factory=deque)

    def __post_init__(self) -> None:
        rng = np.random.default_rng([self.options.seed, 1])
        users = self.options.users
        older = rng.random(users) < 0.3
        older[0] = True
        run_id = self.options.run_id
        self.loans = texts([f"old_{run_id}_{u}" if older[u] else "" for u in range(users)])
        self.utilisation = rng.beta(2, 5, users)
        self.trips = draw_trips(rng, self.options, self.population)

    def chunk(self, number: int, first: int, count: int, from_ms: int, to_ms: int) -> Chunk:
        """Events ``first`` to ``first + count`` of the stream, with times in [from_ms, to_ms)."""
        rng = np.random.default_rng([self.options.seed, 2, number])
        times = np.sort(rng.integers(from_ms, to_ms, size=count))
        rows = Rows(
            event_id=texts([f"e_{self.options.run_id}_{n}" for n in range(first, first + count)]),
            time_ms=np.where(
                rng.random(count) < self.options.late, times - rng.integers(1, 13, count) * HOUR_MS, times
            ),
            user=_active_users(rng, times, self.population),
        )
        events: Texts = np.empty(count, dtype=object)
        types: Texts = np.empty(count, dtype=object)
        makers: dict[str, Callable[[np.random.Generator, Rows], list[str]]] = {
            "credit_usage": self._credit_usages,
            "payment": self._payments,
            "application": self._applications,
            "label": self._labels,
            "transaction": self._transactions,
        }
        for name, where in self._deal_types(rng, count, from_ms).items():
            part = rows.at(where)
            events[where] = texts(makers[name](rng, part))
            rows.user[where] = part.user
            types[where] = name
        return Chunk(times, rows, events, types, self.population.people.key[rows.user])

    def _deal_types(self, rng: np.random.Generator, count: int, from_ms: int) -> dict[str, Ints]:
        order = rng.permutation(count)
        sizes = {name: rng.binomial(count, share) for name, share in SHARES.items() if name != "transaction"}
        due = sum(1 for time_ms, *_ in self.reviews if time_ms <= from_ms - LABEL_DELAY_MS)
        sizes["label"] = min(sizes["label"], due)
        parts: dict[str, Ints] = {}
        taken = 0
        for name, size in sizes.items():
            parts[name] = np.sort(order[taken : taken + size])
            taken += size
        return {**parts, "transaction": np.sort(order[taken:])}

    def _transactions(self, rng: np.random.Generator, rows: Rows) -> list[str]:
        merchants, people = self.population.merchants, self.population.people
        at_place, in_transit = self.trips.whereabouts(rows.time_ms, rows.user, people.home)
        merchant = self._choose_merchants(rng, rows.user, at_place)
        online = in_transit | (rng.random(len(rows)) < 0.18)
        merchant[online] = rng.choice(merchants.online, size=int(online.sum()))
        category = merchants.category[merchant]
        cash = (category == CASH) & ~online
        amount = _amounts(rng, people.spending[rows.user], category, cash, online)
        card = rows.user * 2 + (rng.random(len(rows)) < 0.2)
        device = rows.user * 2 + (rng.random(len(rows)) < 0.3)
        device_text = np.where(online, people.device_fragment[device], "")
        home_text = np.where(in_transit, "", people.home_fragment[rows.user])
        place_text = np.where(online, home_text, merchants.place_fragment[merchant])
        channel = np.where(online, ECOMMERCE, np.where(cash, ATM, POS))
        self._remember_for_review(rng, rows)
        check_columns("transaction", event_time_ms=rows.time_ms, amount_cents=amount)
        columns = (
            *(rows.event_id, rows.time_ms, people.id_text[rows.user], amount),
            *(people.card_fragment[card], merchants.fragment[merchant], channel + device_text, place_text),
        )
        return _fill(TRANSACTION, *columns)

    def _choose_merchants(self, rng: np.random.Generator, user: Ints, at_place: Ints) -> Ints:
        merchants, people = self.population.merchants, self.population.people
        count = len(user)
        favourite = people.favourites[user, rng.integers(people.favourites.shape[1], size=count)]
        draw = rng.integers(1 << 30, size=count) % merchants.count_of_place[at_place]
        usual = (rng.random(count) < 0.8) & (at_place == people.home[user])
        return np.where(usual, favourite, merchants.first_of_place[at_place] + draw)

    def _remember_for_review(self, rng: np.random.Generator, rows: Rows) -> None:
        chosen = np.flatnonzero(rng.random(len(rows)) < REVIEWED_SHARE)
        part = rows.at(chosen)
        self.reviews.extend(
            zip(part.time_ms.tolist(), part.event_id.tolist(), part.user.tolist(), strict=True)
        )

    def _applications(self, rng: np.random.Generator, rows: Rows) -> list[str]:
        people, places = self.population.people, self.population.places
        count = len(rows)
        score = np.clip(people.score[rows.user] + rng.normal(0, 12, count), 300, 850).astype(np.int64)
        income = people.income_cents[rows.user]
        modest = np.minimum(np.exp(rng.normal(np.log(800_000), 0.7, count)), income * 1.5)
        wild = rng.random(count) < 0.002
        asked = np.where(wild, income * rng.uniform(1, 3, count), modest).astype(np.int64)
        loan = np.maximum(asked // 10_000 * 10_000, 50_000)
        told = np.where(
            rng.random(count) < 0.85, texts([f',"annual_income_cents":{i}' for i in income.tolist()]), ""
        )
        self.loans[rows.user] = rows.event_id
        check_columns("application", event_time_ms=rows.time_ms, credit_score=score, loan_amount_cents=loan)
        columns = (
            *(rows.event_id, rows.time_ms, people.id_text[rows.user], score, loan),
            *(
                texts(places.region)[people.home[rows.user]],
                texts(list(PURPOSES))[rng.integers(6, size=count)],
            ),
            *(np.array(TERMS_MONTHS)[rng.integers(5, size=count)], told, people.employment[rows.user]),
        )
        return _fill(APPLICATION, *columns)

    def _payments(self, rng: np.random.Generator, rows: Rows) -> list[str]:
        people = self.population.people
        count = len(rows)
        borrowers = np.flatnonzero(self.loans != "")
        without = self.loans[rows.user] == ""
        rows.user[without] = rng.choice(borrowers, size=int(without.sum()))
        missed = rng.random(count) < 0.03
        overdue = np.where(
            rng.random(count) < 0.005, rng.integers(90, 121, count), rng.integers(1, 61, count)
        )
        amount = np.where(missed, 0, people.income_cents[rows.user] // 100)
        days = np.where(missed, overdue, 0)
        check_columns("payment", event_time_ms=rows.time_ms, amount_cents=amount, days_past_due=days)
        status = np.where(missed, "missed", "made")
        user_text = people.id_text[rows.user]
        return _fill(
            PAYMENT, rows.event_id, rows.time_ms, user_text, self.loans[rows.user], status, amount, days
        )

    def _credit_usages(self, rng: np.random.Generator, rows: Rows) -> list[str]:
        people = self.population.people
        limit = people.limit_cents[rows.user]
        used = np.clip(self.utilisation[rows.user] + rng.normal(0, 0.05, len(rows)), 0, 0.99)
        self.utilisation[rows.user] = used
        over = rng.random(len(rows)) < 0.0005
        balance = (limit * np.where(over, 1.02, used)).astype(np.int64)
        check_columns(
            "credit_usage", event_time_ms=rows.time_ms, credit_limit_cents=limit, balance_cents=balance
        )
        return _fill(CREDIT_USAGE, rows.event_id, rows.time_ms, people.id_text[rows.user], limit, balance)

    def _labels(self, rng: np.random.Generator, rows: Rows) -> list[str]:
        reviewed = [self.reviews.popleft() for _ in range(len(rows))]
        rows.user[:] = [user for *_, user in reviewed]
        ids = texts([event_id for _, event_id, _ in reviewed])
        regretted = rng.random(len(rows)) < 0.02
        is_fraud = np.where(regretted, "true", "false")
        source = np.where(regretted, "chargeback", "analyst")
        check_columns("label", event_time_ms=rows.time_ms)
        return _fill(
            LABEL,
            rows.event_id,
            rows.time_ms,
            self.population.people.id_text[rows.user],
            ids,
            is_fraud,
            source,
        )


def _active_users(rng: np.random.Generator, times: Ints, population: Population) -> Ints:
    weights = population.people.hour_weights
    users = len(population.people.ids)
    hour = times // HOUR_MS % HOURS
    found = np.searchsorted(weights, hour + rng.random(len(times)), side="right")
    return np.minimum(found - hour * users, users - 1)


def _amounts(rng: np.random.Generator, spending: Floats, category: Ints, cash: Flags, online: Flags) -> Ints:
    count = len(category)
    amount = MEDIAN_CENTS[category] * np.exp(spending + rng.normal(0, 0.5, count))
    amount = np.minimum(amount, 320_000)
    amount = np.where(cash, np.clip(amount // 2_000 * 2_000, 2_000, 100_000), amount)
    rare = rng.random(count)
    amount = np.where(online & (rare < 0.0008), rng.uniform(500_000, 900_000, count), amount)
    amount = np.where(cash & (rare < 0.0008), 200_000, amount)
    return np.where(online & (rare > 0.998), 0, amount).astype(np.int64)


def _fill(template: str, *columns: Texts | Ints | Floats) -> list[str]:
    return [template % row for row in zip(*(column.tolist() for column in columns), strict=True)]
