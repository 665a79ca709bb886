"""From accepted events to alerts: pure functions from table to table.

Rules that read one event alone are decided on the events as they come. Rules with features are decided
behind the keyed steps, which drop duplicates.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyflink.java_gateway import get_gateway
from pyflink.table import StreamTableEnvironment, Table

from flink_jobs.alert_sql import alert_sql
from flink_jobs.windowed_features import with_features
from rules.catalog import Rule
from rules.compiler import CompiledRule, compile_rule
from rules.feature_plan import plan_features

EVENTS_VIEW = "accepted_events"
FEATURED_VIEW = "featured_events"


def alerts(environment: StreamTableEnvironment, events: Table, rules: Sequence[Rule], topic: str) -> Table:
    """Return one row per (event, rule that fires): the alert's id and the alert as JSON.

    Args:
        environment: where the views are registered.
        events: accepted events with ``partition`` and ``offset``.
        rules: at least one.
        topic: where the events were read from.
    """
    compiled = [compile_rule(rule) for rule in rules]
    plan = plan_features(rules)
    stateless = [rule for rule in compiled if not rule.features]
    windowed = [rule for rule in compiled if rule.features]
    raised: list[str] = []
    if stateless:
        if windowed:
            events = _computed_once(environment, events)
        candidates = _candidates(environment, EVENTS_VIEW, events, stateless)
        raised += [alert_sql(rule, plan, topic, candidates) for rule in stateless]
    if windowed:
        featured = with_features(environment, events, plan)
        candidates = _candidates(environment, FEATURED_VIEW, featured, windowed)
        raised += [alert_sql(rule, plan, topic, candidates) for rule in windowed]
    return environment.sql_query("\nUNION ALL\n".join(raised))


def _candidates(
    environment: StreamTableEnvironment, view: str, events: Table, rules: Sequence[CompiledRule]
) -> str:
    """Register the few events that fire at least one of the rules; return the name of their view."""
    environment.create_temporary_view(view, events)
    candidates = environment.sql_query(candidates_sql(view, rules))
    name = f"candidates_of_{view}"
    environment.create_temporary_view(name, _computed_once(environment, candidates))
    return name


def _computed_once(environment: StreamTableEnvironment, table: Table) -> Table:
    """Fence the optimiser in: without this it pushes each rule's condition down and parses once a rule."""
    fence = get_gateway().jvm.dev.tandem.flink.ComputedOnce
    return Table(fence.of(environment._j_tenv, table._j_table), environment)


def candidates_sql(view: str, rules: Sequence[CompiledRule]) -> str:
    """Keep the events that fire at least one rule, and stamp the time of detection once."""
    fires = "\n   OR ".join(rule.condition("flink") for rule in rules)
    return f"SELECT *, now_ms() AS detected_at_ms FROM {view}\nWHERE {fires}"  # noqa: S608
