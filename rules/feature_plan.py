"""The features of a set of rules, each once, in the steps that compute them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from contract.events import Field, load_contract
from rules.catalog import Rule
from rules.expressions import Expression, fields_of
from rules.features import DAY_MS, Feature

KEYS_IN_ORDER = ("user_id", "card_id", "device_id", "merchant_id")
"""The first is the key of the messages, where duplicates are dropped; other keys follow by name."""

COLUMNS_OF_STEPS = ("event_id", "event_type", "event_time_ms", "user_id", "partition", "offset")
"""What the stream's steps read of every event, whatever the features are."""

FEATURES_OF_A_SOURCE_MAX = 32
"""Features of one key over one event type, so that what the stream keeps of an event stays small."""


class PlanError(Exception):
    """The rules together ask for more than the stream computes; the text is one line."""


@dataclass(frozen=True)
class PlannedFeature:
    """A feature and the types of the events that need its value, in the order of their names."""

    feature: Feature
    event_types: tuple[str, ...]


@dataclass(frozen=True)
class FeatureStep:
    """What is computed in one pass over the events of a key; the first step may have no features."""

    key: str
    features: tuple[PlannedFeature, ...]


@dataclass(frozen=True)
class FeaturePlan:
    """Everything that a set of rules needs; without features there is no step."""

    planned: tuple[PlannedFeature, ...]

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        """Each feature once, in the order of the steps, then of the columns."""
        return tuple(planned.feature for step in self.steps for planned in step.features)

    @cached_property
    def steps(self) -> tuple[FeatureStep, ...]:
        """One step a key in the order in which events go through them; by user first, always."""
        if not self.planned:
            return ()
        keys = {planned.feature.key for planned in self.planned} | {KEYS_IN_ORDER[0]}
        known = [key for key in KEYS_IN_ORDER if key in keys]
        return tuple(self._step(key) for key in [*known, *sorted(keys - set(known))])

    @cached_property
    def event_types(self) -> tuple[str, ...]:
        """The types of events that have one of the keys: those go through the steps, counted or not."""
        keys = {feature.key for feature in self.features}
        return tuple(
            name
            for name, event_type in load_contract().event_types.items()
            if keys & {field.name for field in event_type.fields}
        )

    @cached_property
    def columns(self) -> frozenset[str]:
        """The columns that the stream's steps read of the events, beside those of the filters."""
        fields = {name for feature in self.features for name in feature.fields}
        return frozenset({*COLUMNS_OF_STEPS, *fields})

    @cached_property
    def columns_with_filters(self) -> frozenset[str]:
        """The columns that the stream's steps and the filters read of the events."""
        filtered = {name for condition in self.filters.values() for name in fields_of(condition)}
        return self.columns | filtered

    @cached_property
    def fields_with_filters(self) -> tuple[Field, ...]:
        """Those of them that the contract has, in its order: an event without its place on the topic."""
        names = self.columns_with_filters
        return tuple(field for field in load_contract().columns if field.name in names)

    @cached_property
    def filters(self) -> Mapping[str, Expression]:
        """Boolean columns that the event rows need: name -> condition; NULL counts as false."""
        return {
            feature.filter_column: feature.filter
            for feature in self.features
            if feature.filter_column and feature.filter
        }

    @cached_property
    def longest_window_ms(self) -> int:
        """The longest time between an event and the oldest one that it may need; 0 without features."""
        return max((feature.window_ms + feature.step_ms for feature in self.features), default=0)

    def as_json(self, lateness_ms: int = DAY_MS, duplicates_ms: int = DAY_MS) -> str:
        """Return the specification that the stream's operator reads: a list of steps.

        Args:
            lateness_ms: how long events are kept beyond the longest window, for those that arrive late.
            duplicates_ms: how long the first step remembers the ids of events, to drop duplicates.
        """
        return json.dumps(
            [
                {
                    "key": step.key,
                    "lateness_ms": lateness_ms,
                    "duplicates_ms": duplicates_ms if step.key == KEYS_IN_ORDER[0] else 0,
                    "features": [_specification(planned) for planned in step.features],
                }
                for step in self.steps
            ]
        )

    def _step(self, key: str) -> FeatureStep:
        return FeatureStep(key, tuple(planned for planned in self.planned if planned.feature.key == key))


def plan_features(rules: Iterable[Rule]) -> FeaturePlan:
    """Return the plan of the rules' features; equal features of several rules are one.

    Raises:
        PlanError: too many features of one key over one event type.
    """
    needed: dict[Feature, set[str]] = {}
    for rule in rules:
        for feature in rule.features.values():
            needed.setdefault(feature, set()).add(rule.on)
    planned = [PlannedFeature(feature, tuple(sorted(types))) for feature, types in needed.items()]
    plan = FeaturePlan(tuple(sorted(planned, key=lambda entry: entry.feature.column)))
    _check_size(plan)
    return plan


def _check_size(plan: FeaturePlan) -> None:
    for step in plan.steps:
        sources = [planned.feature.source_type for planned in step.features]
        for source in dict.fromkeys(sources):
            if sources.count(source) > FEATURES_OF_A_SOURCE_MAX:
                raise PlanError(
                    f"{sources.count(source)} features of {source} by {step.key}, "
                    f"expected at most {FEATURES_OF_A_SOURCE_MAX}: remove or share some"
                )


def _specification(planned: PlannedFeature) -> dict[str, Any]:
    feature = planned.feature
    return {
        "name": feature.column,
        "function": feature.function,
        "field": feature.field,
        "source_type": feature.source_type,
        "filter": feature.filter_column,
        "window_ms": feature.window_ms,
        "step_ms": feature.step_ms,
        "on": list(planned.event_types),
    }
