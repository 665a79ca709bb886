"""Windowed features in the stream: the Java operator called from the Table API."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pyflink.java_gateway import get_gateway
from pyflink.table import StreamTableEnvironment, Table
from pyflink.util.java_utils import to_jarray

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
) -> Table:
    """Return the events with a column for each feature, and for each key ``seen_KEY`` and ``expired_KEY``.

    Only the columns that are read go from step to step, as they are where no others are given and no
    feature has a filter. Events of types that have none of the keys are left out, and duplicates are
    dropped. Nothing waits: a row comes out when its event comes in.

    Args:
        environment: the job's environment, with the project's jar.
        events: accepted events with the contract's columns, ``partition`` and ``offset``.
        plan: with at least one feature.
        columns: those that are read behind the steps, beside those that the steps read.
    """
    return _through_steps(environment, events, plan, columns, SOURCE_OF_EVENTS, adds_features=True)


def with_windows_filled(
    environment: StreamTableEnvironment, events: Table, plan: FeaturePlan, source: str
) -> Table:
    """Take the events into the windows of the same steps, and return them without features.

    ``source`` is what checkpoints call the source of the events: a job takes over the state of its own only.
    The other arguments are those of :func:`with_features`.
    """
    return _through_steps(environment, events, plan, (), source, adds_features=False)


def _through_steps(
    environment: StreamTableEnvironment,
    events: Table,
    plan: FeaturePlan,
    columns: Collection[str],
    source: str,
    *,
    adds_features: bool,
) -> Table:
    given = events.get_schema().get_field_names()
    read = [name for name in given if name in {*plan.columns, *columns}]
    if read != given or plan.filters:
        environment.create_temporary_view(UNFEATURED_VIEW, events)
        events = environment.sql_query(events_for_steps_sql(plan, read))
    gateway = get_gateway()
    types = to_jarray(gateway.jvm.String, plan.event_types)
    features = gateway.jvm.dev.tandem.flink.WindowedFeatures
    attached = features.attach(
        environment._j_tenv, events._j_table, plan.as_json(), types, source, adds_features
    )
    return Table(attached, environment)


def events_for_steps_sql(plan: FeaturePlan, columns: Sequence[str]) -> str:
    """Return the query of what the steps read: columns of the events, one for each filter of a feature."""
    kept = ", ".join(f"`{name}`" for name in columns)
    filters = "".join(
        f", {DIALECT.render(condition)} AS `{name}`" for name, condition in plan.filters.items()
    )
    return f"SELECT {kept}{filters} FROM {UNFEATURED_VIEW}"  # noqa: S608


def source_types(step: FeatureStep) -> list[str]:
    """The types of which the step keeps rows, in the order of its ``expired_KEY``."""
    return list(dict.fromkeys(planned.feature.source_type for planned in step.features))
