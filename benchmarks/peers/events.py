"""The events, made with a seed: the same for every contender, and a shorter topic is a longer one's start.

A card has one user, a user two cards, a card one device; a user's events stand in one partition. So each
key's events come in the order of their time whatever steps a contender takes, and every contender must
give the very same alerts. Times are distinct and rise, in UTC milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.peers.work import DENSE_CARDS, MARKER_MERCHANT, STATELESS_CHANNEL, STEP_MS, Key

PARTITIONS = 4
CARDS = {"uniform": 10_000, "hot": 10_000, "dense": DENSE_CARDS}
HOT_SHARE = 0.2
MARKER_EVERY = 1000
CHANNELS = ("pos", STATELESS_CHANNEL, "atm")
CHUNK = 100_000

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Events:
    """The columns of a data set, one entry an event, in the order of time.

    ``position`` is an event's place in its partition: its offset.
    """

    time_ms: Ints
    card: Ints
    amount_cents: Ints
    channel: Ints
    position: Ints
    marker: Bools

    def __len__(self) -> int:
        return len(self.card)

    @property
    def partition(self) -> Ints:
        """The partition of each event: that of its user."""
        return (self.card // 2) % PARTITIONS

    def key(self, name: Key) -> Ints:
        """A key's number for each event; a device belongs to one card."""
        return self.card // 2 if name == "user_id" else self.card

    def first(self, count: int) -> Events:
        """The data set's first events."""
        return Events(
            self.time_ms[:count],
            self.card[:count],
            self.amount_cents[:count],
            self.channel[:count],
            self.position[:count],
            self.marker[:count],
        )

    def messages(self) -> Iterator[tuple[int, bytes, bytes]]:
        """Partition, message key and message of each event, in order."""
        for start in range(0, len(self), CHUNK):
            stop = start + CHUNK
            columns = (self.partition, self.time_ms, self.card, self.amount_cents, self.channel, self.marker)
            for index, row in enumerate(zip(*(c[start:stop].tolist() for c in columns), strict=True), start):
                yield row[0], b"u%d" % (row[2] // 2), _message(index, *row[1:])


def make_events(dataset: str, count: int, end_ms: int, step_ms: float = STEP_MS, seed: int = 4) -> Events:
    """Make a data set whose last event is just before ``end_ms``, an event each ``step_ms``."""
    generator = np.random.default_rng([seed, *dataset.encode()])
    cards = CARDS[dataset]
    card = generator.integers(0, cards, count)
    if dataset == "hot":
        card[generator.random(count) < HOT_SHARE] = 0
    jitter = generator.integers(0, max(1, int(step_ms)), count)
    time_ms = end_ms + ((np.arange(count) - count) * step_ms).astype(np.int64) + jitter
    amount_cents = np.minimum(generator.lognormal(8.0, 1.2, count), 1e9).astype(np.int64) + 1
    position = _positions((card // 2) % PARTITIONS)
    return Events(
        time_ms=time_ms,
        card=card,
        amount_cents=amount_cents,
        channel=generator.integers(0, len(CHANNELS), count),
        position=position,
        marker=position % MARKER_EVERY == 0,
    )


def event_id(index: int) -> str:
    """The id of the event at that place of its data set."""
    return f"e{index:09d}"


def index_of(identity: str) -> int:
    """The place of the event with that id."""
    return int(identity.removeprefix("e"))


def _positions(partition: Ints) -> Ints:
    position = np.empty(len(partition), np.int64)
    for number in range(PARTITIONS):
        mine = np.flatnonzero(partition == number)
        position[mine] = np.arange(len(mine))
    return position


def _message(index: int, time_ms: int, card: int, amount_cents: int, channel: int, marker: bool) -> bytes:
    merchant = MARKER_MERCHANT if marker else f"m{index * 7919 % 5003:05d}"
    return (
        f'{{"event_id":"{event_id(index)}","event_type":"transaction","event_time_ms":{time_ms},'
        f'"user_id":"u{card // 2}","amount_cents":{amount_cents},"card_id":"c{card}",'
        f'"merchant_id":"{merchant}","currency":"USD","device_id":"d{card}",'
        f'"channel":"{CHANNELS[channel]}","country":"DE"}}'
    ).encode()
