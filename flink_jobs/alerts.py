"""From accepted events to alerts: pure functions from table to table.

Rules that read one event alone are decided on the events as they come. Rules with features are decided
behind the keyed steps, which drop duplicates.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pyflink.java_gateway import get_gateway
from pyflink.table import StreamTableEnvironment, Table

from contract.events import load_contract
from flink_jobs.alert_sql import alert_sql
from flink_jobs.windowed_features import with_features
from rules.compiler import CompiledRule
from rules.dialects import FlinkDialect
from rules.feature_plan import plan_features

DIALECT = FlinkDialect()
EVENTS_VIEW = "accepted_events"
FEATURED_VIEW = "featured_events"


def alerts(
    environment: StreamTableEnvironment,
    events: Table,
    compiled: Sequence[CompiledRule],
    topic: str,
    emit_from: Mapping[int, int] | None = None,
    compiled_offset: int | None = None,
) -> Table:
    """Return one row per (event, rule that fires): the alert's id, the alert as JSON and its topic.

    A rule that is off at the event's time gives no row; one in shadow goes to the topic of shadow alerts.

    Args:
        environment: where the views are registered, with the functions of facts.
        events: accepted events with ``partition`` and ``offset``.
        compiled: at least one.
        topic: where the events were read from.
        emit_from: partition -> first offset whose alerts are given; another run gives those before it.
        compiled_offset: the last fact that ``compiled`` was made from; None where there are none.
    """
    plan = plan_features(rule.rule for rule in compiled)
    stateless = [rule for rule in compiled if not rule.features]
    windowed = [rule for rule in compiled if rule.features]
    raised: list[str] = []
    if stateless:
        if windowed:
            events = _computed_once(environment, events)
        candidates = _candidates(environment, EVENTS_VIEW, events, stateless, emit_from)
        raised += [alert_sql(rule, plan, topic, candidates, compiled_offset) for rule in stateless]
    if windowed:
        featured = with_features(environment, events, plan, _fields(windowed))
        candidates = _candidates(environment, FEATURED_VIEW, featured, windowed, emit_from)
        raised += [alert_sql(rule, plan, topic, candidates, compiled_offset) for rule in windowed]
    return environment.sql_query("\nUNION ALL\n".join(raised))


def columns_to_write(compiled: Sequence[CompiledRule]) -> frozenset[str] | None:
    """Return the columns of the events that the alerts are made of, where events go on to keyed steps.

    None where no rule has features: then hardly an event goes further than its condition.
    """
    plan = plan_features(rule.rule for rule in compiled)
    if not plan.features:
        return None
    return plan.columns_with_filters | _fields(compiled)


def _fields(compiled: Iterable[CompiledRule]) -> frozenset[str]:
    """The fields of the events that the rules read, which stand in the alerts."""
    types = load_contract().event_types
    return frozenset(field.name for rule in compiled for field in types[rule.rule.on].fields)


def _candidates(
    environment: StreamTableEnvironment,
    view: str,
    events: Table,
    rules: Sequence[CompiledRule],
    emit_from: Mapping[int, int] | None,
) -> str:
    """Register the few events that fire at least one of the rules; return the name of their view."""
    environment.create_temporary_view(view, events)
    candidates = environment.sql_query(candidates_sql(view, rules, emit_from or {}))
    name = f"candidates_of_{view}"
    environment.create_temporary_view(name, _computed_once(environment, candidates))
    return name


def _computed_once(environment: StreamTableEnvironment, table: Table) -> Table:
    """Fence the optimiser in: without this it pushes each rule's condition down and parses once a rule."""
    fence = get_gateway().jvm.dev.tandem.flink.ComputedOnce
    return Table(fence.of(environment._j_tenv, table._j_table), environment)


def candidates_sql(view: str, rules: Sequence[CompiledRule], emit_from: Mapping[int, int]) -> str:
    """Keep the events that fire at least one rule, with the time of detection and the facts known, once each.

    Where no condition reads a fact, how far the facts are known is asked for the few events alone.
    """
    fires = "\n   OR ".join(rule.condition("flink") for rule in rules)
    where = f"{_emitted(emit_from)}({fires})"
    if any(rule.parameters or rule.listed or rule.reads_risk_level for rule in rules):
        known = f"SELECT *, facts_offset() AS facts_offset FROM {view}"  # noqa: S608
        return f"SELECT *, now_ms() AS detected_at_ms FROM ({known})\nWHERE {where}"  # noqa: S608
    stamps = "now_ms() AS detected_at_ms, facts_offset() AS facts_offset"
    return f"SELECT *, {stamps} FROM {view}\nWHERE {where}"  # noqa: S608


def _emitted(emit_from: Mapping[int, int]) -> str:
    before = [
        f"(`partition` = {partition} AND `offset` < {DIALECT.integer(offset)})"
        for partition, offset in sorted(emit_from.items())
        if offset > 0
    ]
    return f"NOT ({' OR '.join(before)}) AND " if before else ""
