"""The generated stream: normal behaviour, planted scenarios, then mishaps, chunk by chunk."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ingestion.behaviour import CHUNK_EVENTS, Behaviour
from ingestion.errors import OptionsError
from ingestion.messages import Message
from ingestion.mishaps import Mishaps
from ingestion.options import StreamOptions
from ingestion.pool_check import check_population
from ingestion.population import Ints, create_population
from ingestion.scenarios import plant_scenarios


def generate_stream(options: StreamOptions, catalog: frozenset[str]) -> Iterator[list[Message]]:
    """Yield the messages in the order of sending, in chunks.

    ``catalog`` holds the ids of the rules that stand: they limit ``expected_alerts``,
    and change no byte of any message.

    Raises:
        OptionsError: the scenarios alone are more than the events asked for.
    """
    population = create_population(options.seed, options.users)
    check_population(population)
    planted = plant_scenarios(options, population, catalog)
    normal = options.events - len(planted)
    if normal < 0:
        raise OptionsError(
            f"the scenarios have {len(planted)} events: expected --events of at least that, "
            f"got {options.events}"
        )
    behaviour = Behaviour(options, population)
    mishaps = Mishaps(options)
    first_planted = 0
    for number, first in enumerate(range(0, max(normal, 1), CHUNK_EVENTS)):
        count = min(CHUNK_EVENTS, normal - first)
        from_ms, to_ms = (_time_at(options, done / max(normal, 1)) for done in (first, first + count))
        last = first + count >= normal
        end = len(planted) if last else _first_from(planted, to_ms)
        chunk = behaviour.chunk(number, first, count, from_ms, max(to_ms, from_ms + 1))
        part = planted[first_planted:end]
        first_planted = end
        yield mishaps.disturb(number, _merge(chunk.arrival_ms, chunk.messages(), part), from_ms)
    yield mishaps.rest()


def _time_at(options: StreamOptions, share: float) -> int:
    return options.start_ms + int(options.span_ms * share)


def _first_from(planted: list[tuple[int, Message]], time_ms: int) -> int:
    return int(np.searchsorted([at_ms for at_ms, _ in planted], time_ms))


def _merge(times: Ints, messages: list[Message], planted: list[tuple[int, Message]]) -> list[Message]:
    everything = [*messages, *(message for _, message in planted)]
    order = np.argsort(np.concatenate([times, [at_ms for at_ms, _ in planted]]), kind="stable")
    return [everything[place] for place in order.tolist()]
