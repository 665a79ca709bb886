"""Windowed features in the stream: the Java operator called from the Table API."""

from __future__ import annotations

from pyflink.java_gateway import get_gateway
from pyflink.table import StreamTableEnvironment, Table

from rules.dialects import FlinkDialect
from rules.feature_plan import FeaturePlan, FeatureStep

DIALECT = FlinkDialect()
UNFEATURED_VIEW = "events_without_features"
SOURCE_OF_EVENTS = "source-of-events"


def with_features(
    environment: StreamTableEnvironment, events: Table, plan: FeaturePlan, source: str = SOURCE_OF_EVENTS
) -> Table:
    """Return the events with a column for each feature, ``seen_KEY`` and ``expired_KEY`` for each key.

    Events of types that have none of the keys are left out, and duplicates are dropped. Nothing
    waits: a row comes out when its event comes in.

    Args:
        environment: the job's environment, with the project's jar.
        events: accepted events with the contract's columns, ``partition`` and ``offset``.
        plan: with at least one feature.
        source: what checkpoints call the source of the events; a job takes over the state of its own only.
    """
    environment.create_temporary_view(UNFEATURED_VIEW, events)
    filtered = environment.sql_query(filtered_events_sql(plan))
    features = get_gateway().jvm.dev.tandem.flink.WindowedFeatures
    return Table(features.attach(environment._j_tenv, filtered._j_table, plan.as_json(), source), environment)


def filtered_events_sql(plan: FeaturePlan) -> str:
    """Return the query of the events that have a key, with a column for each filter of a feature."""
    filters = "".join(
        f", {DIALECT.render(condition)} AS `{name}`" for name, condition in plan.filters.items()
    )
    types = ", ".join(DIALECT.text(name) for name in plan.event_types)
    return f"SELECT *{filters} FROM {UNFEATURED_VIEW} WHERE `event_type` IN ({types})"  # noqa: S608


def source_types(step: FeatureStep) -> list[str]:
    """The types of which the step keeps rows, in the order of its ``expired_KEY``."""
    return list(dict.fromkeys(planned.feature.source_type for planned in step.features))
