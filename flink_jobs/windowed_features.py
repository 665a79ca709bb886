"""Windowed features in the stream: the Java operator called from the Table API."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pyflink.java_gateway import get_gateway
from pyflink.table import StreamTableEnvironment, Table

from rules.dialects import FlinkDialect
from rules.feature_plan import FeaturePlan, FeatureStep

DIALECT = FlinkDialect()
UNFEATURED_VIEW = "events_without_features"
SOURCE_OF_EVENTS = "source-of-events"


def with_features(
    environment: StreamTableEnvironment,
    events: Table,
    plan: FeaturePlan,
    columns: Collection[str] = (),
    source: str = SOURCE_OF_EVENTS,
) -> Table:
    """Return the events with a column for each feature, and for each key ``seen_KEY`` and ``expired_KEY``.

    Only the columns that are read go from step to step.

    Events of types that have none of the keys are left out, and duplicates are dropped. Nothing
    waits: a row comes out when its event comes in.

    Args:
        environment: the job's environment, with the project's jar.
        events: accepted events with the contract's columns, ``partition`` and ``offset``.
        plan: with at least one feature.
        columns: those that are read behind the steps, beside those that the steps read.
        source: what checkpoints call the source of the events; a job takes over the state of its own only.
    """
    environment.create_temporary_view(UNFEATURED_VIEW, events)
    kept = [name for name in events.get_schema().get_field_names() if name in {*plan.columns, *columns}]
    filtered = environment.sql_query(filtered_events_sql(plan, kept))
    features = get_gateway().jvm.dev.tandem.flink.WindowedFeatures
    return Table(features.attach(environment._j_tenv, filtered._j_table, plan.as_json(), source), environment)


def filtered_events_sql(plan: FeaturePlan, columns: Sequence[str]) -> str:
    """Return the query of the events that have a key, with a column for each filter of a feature."""
    kept = ", ".join(f"`{name}`" for name in columns)
    filters = "".join(
        f", {DIALECT.render(condition)} AS `{name}`" for name, condition in plan.filters.items()
    )
    types = ", ".join(DIALECT.text(name) for name in plan.event_types)
    return f"SELECT {kept}{filters} FROM {UNFEATURED_VIEW} WHERE `event_type` IN ({types})"  # noqa: S608


def source_types(step: FeatureStep) -> list[str]:
    """The types of which the step keeps rows, in the order of its ``expired_KEY``."""
    return list(dict.fromkeys(planned.feature.source_type for planned in step.features))
