"""What stream to generate. The same options give the same bytes."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from functools import cached_property

import orjson

from ingestion.errors import OptionsError

DAY_MS = 86_400_000
EVENTS_PER_USER_DEFAULT = 40
USERS_MIN, USERS_MAX = 50, 20_000


@dataclass(frozen=True)
class StreamOptions:
    """A generated stream.

    ``events`` counts distinct good events; duplicates, conflicts and broken messages
    come on top. ``duplicates``, ``conflicts``, ``disorder``, ``late`` and ``broken`` are
    shares of ``events``. ``scenarios`` is how many of each fraud scenario are planted
    in 10,000 events (at least one of each unless it is 0).
    """

    events: int
    start_ms: int
    users: int
    seed: int = 7
    events_per_user_day: float = 4.0
    scenarios: float = 1.0
    duplicates: float = 0.005
    conflicts: float = 0.0005
    disorder: float = 0.02
    late: float = 0.002
    broken: float = 0.002

    def __post_init__(self) -> None:
        for name in ("duplicates", "conflicts", "disorder", "late", "broken"):
            if not 0 <= getattr(self, name) <= 0.5:
                raise OptionsError(f"--{name}: expected a share from 0 to 0.5, got {getattr(self, name)}")
        for name, least in (("events", 1), ("users", USERS_MIN), ("scenarios", 0), ("seed", 0)):
            if getattr(self, name) < least:
                raise OptionsError(f"--{name}: expected at least {least}, got {getattr(self, name)}")
        if self.events_per_user_day <= 0:
            raise OptionsError("--events-per-user-day: expected more than 0")
        if self.scenarios and self.span_ms < DAY_MS:
            raise OptionsError(
                f"{self.events} events of {self.users} users cover {self.span_ms / DAY_MS:.2f} days, "
                "too short for fraud scenarios: expected a day at least; "
                "raise --events, lower --users, or set --scenarios 0"
            )

    @property
    def span_ms(self) -> int:
        """Event time that the stream covers."""
        return span_ms(self.events, self.users, self.events_per_user_day)

    @property
    def end_ms(self) -> int:
        """Event time of the stream's end."""
        return self.start_ms + self.span_ms

    @cached_property
    def run_id(self) -> str:
        """Twelve letters, different for every other set of options: part of each event_id.

        Letters only, so that no event_id can be taken for a card number.
        """
        digest = hashlib.sha256(orjson.dumps(asdict(self))).hexdigest()[:12]
        return "".join(chr(ord("a") + int(digit, 16)) for digit in digest)


def span_ms(events: int, users: int, events_per_user_day: float) -> int:
    """Event time that so many events of so many users take."""
    return int(events / (users * events_per_user_day) * DAY_MS)


def default_users(events: int) -> int:
    """People enough for ten days of stream, within bounds."""
    return max(USERS_MIN, min(USERS_MAX, events // EVENTS_PER_USER_DEFAULT))
