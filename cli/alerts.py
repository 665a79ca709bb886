"""``tandem alert explain``: why an alert fired, what the batch found, and how it proves it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from cli.application import CommandError, alert, console
from cli.moments import moment_text
from contract.settings import Settings, load_settings
from rules.alert_windows import AlertWindow, alert_windows, seen_by_stream
from rules.compiler import CompiledRule
from rules.dated_rules import dated_rules
from rules.fact_history import FactHistory
from storage.alert_records import Verdict, find_alert, verdicts
from storage.facts import read_facts
from storage.lake_events import events_of_key, landed_batches
from storage.postgres import Connection, connect_batch

EVENTS_SHOWN_MAX = 50


@alert.command()
def explain(
    alert_id: Annotated[str, typer.Argument(metavar="ID", help="rule_id:event_id, as in fraud_alerts.")],
) -> None:
    """Show the rule's version, the values, the events in its windows, the verdict and its proof."""
    settings = load_settings()
    found = find_alert(settings, alert_id)
    if found is None:
        raise CommandError(f"no alert {alert_id[:140]}: expected rule_id:event_id, as in fraud_alerts")
    history = read_facts(settings)
    rule = rule_of_alert(history, found)
    _show("\n".join(_decision_lines(found, rule, history)))
    with closing(connect_batch(settings, "tandem-explain")) as connection:
        _show("\n".join(_verdict_lines(verdicts(connection, alert_id))))
        if rule is not None and rule.rule.features:
            _show_windows(settings, connection, found, rule)


def rule_of_alert(history: FactHistory, found: dict[str, Any]) -> CompiledRule | None:
    """Return the version that raised the alert; None where no fact tells it."""
    version = (found["rule_id"], found["rule_version"])
    compiled = dated_rules(history).compiled
    return next((rule for rule in compiled if (rule.rule.id, rule.rule.version) == version), None)


def _decision_lines(found: dict[str, Any], rule: CompiledRule | None, history: FactHistory) -> Iterator[str]:
    yield f"{found['_id']}: {found['severity']}, {found['status']} ({found['collection']})"
    yield f"  {found['message']}"
    yield f"rule {found['rule_id']} version {found['rule_version']}"
    if rule is not None:
        yield f"  when {' '.join(rule.rule.when.split())}"
        yield from (f"  {name}: {feature.text}" for name, feature in rule.rule.features.items())
    source, at_ms = found["source"], found["event_time_ms"]
    yield (
        f"event {found['event_id']} of {moment_text(at_ms)}, "
        f"{source['topic']} partition {source['partition']} offset {source['offset']}, "
        f"decided {moment_text(found['detected_at_ms'])}"
    )
    yield "values"
    for name, value in found["evidence"].items():
        yield f"  {name} = {value}{_said_by(history, found, name)}"


def _said_by(history: FactHistory, found: dict[str, Any], name: str) -> str:
    """Who set a parameter to the value that the decision went by."""
    subject = ("parameter", found["rule_id"], name)
    stored = history.in_force(subject, found["event_time_ms"], found.get("facts_offset"))
    if stored is None:
        return ""
    return f" (set by {stored.fact.changed_by} at {moment_text(stored.fact.changed_at_ms)})"


def _verdict_lines(given: list[Verdict]) -> Iterator[str]:
    if not given:
        yield "verdict: none yet, the batch has not judged it"
        return
    yield "verdicts"
    for verdict in given:
        reason = f", {verdict.reason}" if verdict.reason else ""
        detail = f": {verdict.detail}" if verdict.detail else ""
        judged = moment_text(int(verdict.judged_at.timestamp()) * 1000)
        yield f"  {judged} {verdict.verdict}{reason}{detail} (run {verdict.batch_id})"


def _show_windows(
    settings: Settings, connection: Connection, found: dict[str, Any], rule: CompiledRule
) -> None:
    lake_uri, batch_ids = settings.require("lake_uri"), landed_batches(connection)
    for window in alert_windows(rule.rule.features, found["event"]):
        feature = window.feature
        rows = events_of_key(
            lake_uri, batch_ids, feature.source_type, (feature.key, window.key), window.from_ms, window.to_ms
        )
        counted = [row for row in rows if window.holds(row)]
        times = f"{moment_text(window.from_ms)} to {moment_text(window.to_ms)}"
        _show(f"{window.name}: {len(counted)} landed events of {feature.key} {window.key}, {times}")
        _show(_taken_in(found, feature.key))
        console().print(_events_table(found, window, counted[-EVENTS_SHOWN_MAX:]))
        if len(counted) > EVENTS_SHOWN_MAX:
            _show(f"  the last {EVENTS_SHOWN_MAX} of {len(counted)}")


def _taken_in(found: dict[str, Any], key: str) -> str:
    """How far the stream had come with a key, over all its event times."""
    counts = found.get("seen_counts", {}).get(key, {})
    places = [
        f"partition {number} up to offset {offset} ({counts.get(number, {}).get('events', '?')})"
        for number, offset in sorted(found.get("seen", {}).get(key, {}).items())
    ]
    return f"  the stream had taken in, of all times: {', '.join(places) or 'nothing'}"


def _events_table(found: dict[str, Any], window: AlertWindow, rows: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False)
    field = window.feature.field
    for column in ("  event time", "event", "place", "arrived", *([field] if field else []), "seen"):
        table.add_column(column)
    for row in rows:
        cells = [
            f"  {moment_text(row['event_time_ms'])}",
            row["event_id"],
            f"{row['partition']}:{row['offset']}",
            moment_text(row["append_time_ms"]),
            *([str(row.get(field))] if field else []),
            seen_by_stream(found, window, row),
        ]
        table.add_row(*map(escape, cells))
    return table


def _show(text: str) -> None:
    console().print(escape(text))
