"""Plants the fraud scenarios in a stream, each event with its label and the alerts it must cause.

Every scenario has people of its own, so that none disturbs another's expectations.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import orjson

from contract.parser import validate_event
from ingestion.errors import GeneratedEventError, OptionsError
from ingestion.messages import Message
from ingestion.options import DAY_MS, StreamOptions
from ingestion.plays import PLAYS, PlantedEvent, Stage
from ingestion.population import Population
from ingestion.scenario_table import SCENARIOS, expected_alerts

NATURAL_SPAN_MS = 10 * DAY_MS
VICTIMS = {"merchant_compromise": 4}


def plant_scenarios(
    options: StreamOptions, population: Population, catalog: frozenset[str]
) -> list[tuple[int, Message]]:
    """All planted events and their labels as (event time, message), in event-time order.

    Raises:
        OptionsError: there are not enough people for so many scenarios.
    """
    if not options.scenarios:
        return []
    each = max(1, round(options.events * options.scenarios / 10_000))
    people = _choose_victims(options, each)
    planted: list[tuple[int, Message]] = []
    for number in range(each):
        for name in SCENARIOS:
            rng = np.random.default_rng([options.seed, 3, number, list(SCENARIOS).index(name)])
            stage = Stage(
                population=population,
                rng=rng,
                victims=[people.pop() for _ in range(VICTIMS.get(name, 1))],
                at_ms=options.start_ms + int(options.span_ms * rng.uniform(0.05, 0.6)),
                pace=min(1.0, options.span_ms / NATURAL_SPAN_MS),
                run_id=options.run_id,
            )
            planted.extend(_play(name, stage, options, catalog, len(planted)))
    return sorted(planted, key=lambda entry: entry[0])


def _choose_victims(options: StreamOptions, each: int) -> list[int]:
    needed = each * sum(VICTIMS.get(name, 1) for name in SCENARIOS)
    if needed > options.users // 2:
        raise OptionsError(
            f"{each} of each scenario need {needed} people, expected at most half of "
            f"--users {options.users}: raise --users or lower --scenarios"
        )
    rng = np.random.default_rng([options.seed, 4])
    return [int(person) for person in rng.choice(options.users, size=needed, replace=False)]


def _play(
    name: str, stage: Stage, options: StreamOptions, catalog: frozenset[str], first: int
) -> Iterator[tuple[int, Message]]:
    number = first
    for event in PLAYS[name](stage):
        event_id = f"s_{stage.run_id}_{number}"
        yield event.at_ms, _message(event_id, event, stage, name, expected_alerts(name, event.step, catalog))
        number += 1
        is_fraud = SCENARIOS[name][event.step].is_fraud
        if is_fraud is None:
            continue
        known_ms = int(min(event.at_ms + stage.rng.uniform(0.2, 3) * DAY_MS, options.end_ms - 1))
        source = "chargeback" if event.event_type == "transaction" else "analyst"
        told = {"labelled_event_id": event_id, "is_fraud": is_fraud, "source": source}
        label = PlantedEvent(known_ms, event.person, "label", event.step, told)
        yield known_ms, _message(f"s_{stage.run_id}_{number}", label, stage, name, ())
        number += 1


def _message(
    event_id: str, event: PlantedEvent, stage: Stage, scenario: str, alerts: tuple[str, ...]
) -> Message:
    user_id = stage.population.people.ids[event.person]
    fields = {
        **{"event_id": event_id, "event_type": event.event_type, "event_time_ms": event.at_ms},
        **{"user_id": user_id, **event.fields},
    }
    refused = validate_event(fields)
    if refused:
        raise GeneratedEventError(f"{scenario}.{event.step}: {refused[0]}: {refused[1]}")
    return Message(
        key=user_id.encode(),
        value=orjson.dumps(fields),
        event_type=event.event_type,
        event_id=event_id,
        scenario=scenario,
        step=event.step,
        expected_alerts=alerts,
    )
