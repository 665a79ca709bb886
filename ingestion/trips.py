"""Journeys: people who are away for some days buy there, and nowhere while on the way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ingestion.options import DAY_MS, StreamOptions
from ingestion.population import Flags, Ints, Population


@dataclass(frozen=True)
class Trips:
    """At most one journey per person: where to, and from when to when (ms)."""

    place: Ints
    from_ms: Ints
    to_ms: Ints

    def whereabouts(self, time_ms: Ints, user: Ints, home: Ints) -> tuple[Ints, Flags]:
        """Return the place that each is in, and who is on the way (nothing is bought in shops then)."""
        away = (time_ms >= self.from_ms[user]) & (time_ms < self.to_ms[user])
        settled = (time_ms >= self.from_ms[user] + DAY_MS) & (time_ms < self.to_ms[user] - DAY_MS)
        return np.where(settled, self.place[user], home[user]), away & ~settled


def draw_trips(rng: np.random.Generator, options: StreamOptions, population: Population) -> Trips:
    """A twentieth of all people travel for four to eleven days, the days on the way included."""
    users = options.users
    start = options.start_ms + (rng.random(users) * options.span_ms).astype(np.int64)
    travels = rng.random(users) < 0.05
    length = rng.integers(4, 12, users) * DAY_MS
    place = rng.integers(len(population.places.city), size=users)
    return Trips(place, start, np.where(travels, start + length, start))
