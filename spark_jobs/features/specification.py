"""What the executors have to know of the features of one key: plain values, nothing of the rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rules.feature_plan import FeaturePlan, PlannedFeature


@dataclass(frozen=True)
class StepFeature:
    """One feature: its column, its function and what that reads."""

    column: str
    function: str
    field: str | None
    source_type: str
    filter: str | None
    """A column of truth values; NULL counts as false."""
    window_ms: int
    step_ms: int
    types: frozenset[str]
    """The types of the events that get a value; the others get NULL."""


@dataclass(frozen=True)
class Step:
    """The features of the events that share the value of one key column."""

    key: str
    features: tuple[StepFeature, ...]


def executor_steps(plan: FeaturePlan) -> tuple[Step, ...]:
    """Reduce a plan to its steps that have features."""
    return tuple(Step(step.key, tuple(map(_feature, step.features))) for step in plan.steps if step.features)


def _feature(planned: PlannedFeature) -> StepFeature:
    feature = planned.feature
    return StepFeature(
        column=feature.column,
        function=feature.function,
        field=feature.field,
        source_type=feature.source_type,
        filter=feature.filter_column,
        window_ms=feature.window_ms,
        step_ms=feature.step_ms,
        types=frozenset(planned.event_types),
    )
