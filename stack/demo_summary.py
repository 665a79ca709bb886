"""The demonstration's summary: what a person understands at a glance, and whether the numbers add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from stack.demo_figures import Alerts, Landed, Range, Sent, percentile_ms
from stack.up import public

ADDRESSES = {
    "Flink": "FLINK_REST_URL",
    "Prometheus": "PROMETHEUS_URL",
    "alerts (MongoDB protocol)": "MONGO_URI",
    "warehouse (PostgreSQL)": "POSTGRES_DSN",
    "events (Kafka)": "KAFKA_BOOTSTRAP_SERVERS",
}


@dataclass(frozen=True)
class Summary:
    """All figures of one demonstration."""

    written: Range
    sent: Sent
    landed: Landed
    alerts: Alerts
    targets_up: bool | None
    seconds: float

    def contradictions(self) -> list[str]:
        """What does not add up, one line each; empty when all does."""
        sent, landed = self.sent, self.landed
        duplicates = self.written.messages - landed.accepted - landed.quarantined.total()
        checks = {
            "messages on the topic": (self.written.messages, sent.kinds.total()),
            "accepted": (landed.accepted, sent.kinds["good"]),
            "duplicates": (duplicates, sent.kinds["duplicate"]),
            **{
                f"quarantined as {reason}": (landed.quarantined[reason], sent.reasons[reason])
                for reason in sorted({*landed.quarantined, *sent.reasons})
            },
            "planted alerts found": (len(self._found()), len(self._planted())),
            "alerts judged": (landed.verdicts.total(), len(self.alerts.rules)),
            "alerts without an explanation": (self._unexplained(), 0),
        }
        wrong = [f"{what}: {is_:,}, expected {due:,}" for what, (is_, due) in checks.items() if is_ != due]
        return wrong + (["Prometheus did not see every target up"] if self.targets_up is False else [])

    def _planted(self) -> set[str]:
        return {alert for alerts in self.sent.planted.values() for alert in alerts}

    def _found(self) -> set[str]:
        return self._planted() & self.alerts.rules.keys()

    def _unexplained(self) -> int:
        return sum(n for (_, reason), n in self.landed.verdicts.items() if reason == "unexplained")


def print_summary(summary: Summary, values: Mapping[str, str]) -> None:
    """Print the figures, side by side where the terminal is wide enough."""
    console = Console(width=None if Console().is_terminal else 110, highlight=False)
    console.print()
    for table in (
        _events(summary),
        _alerts(summary),
        _planted(summary),
        _risk(summary),
        _reconciled(summary),
    ):
        console.print(table)
    console.print(_addresses(values))
    wrong = summary.contradictions()
    for line in wrong:
        console.print(f"[red]does not add up[/]: {line}")
    if not wrong:
        console.print(f"[green]Every number adds up.[/] Done in {summary.seconds:.0f} s.")
    console.print("The stack stays up: `make status` shows it, `make down` stops it.")


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", min_width=64)
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number == 0 else "right")
    return table


def _events(summary: Summary) -> Table:
    sent, landed = summary.sent, summary.landed
    table = _table("Events", "", "sent", "found")
    table.add_row("produced", f"{sent.kinds.total():,}", f"{summary.written.messages:,}")
    table.add_row("accepted", f"{sent.kinds['good']:,}", f"{landed.accepted:,}")
    duplicates = summary.written.messages - landed.accepted - landed.quarantined.total()
    table.add_row("duplicates, without effect", f"{sent.kinds['duplicate']:,}", f"{duplicates:,}")
    table.add_row("quarantined", f"{sent.reasons.total():,}", f"{landed.quarantined.total():,}")
    for reason in sorted({*sent.reasons, *landed.quarantined}):
        table.add_row(f"  {reason}", f"{sent.reasons[reason]:,}", f"{landed.quarantined[reason]:,}")
    return table


def _alerts(summary: Summary) -> Table:
    alerts = summary.alerts
    table = _table("Alerts by rule", "", "alerts")
    for rule, count in alerts.by_rule.most_common():
        table.add_row(rule, f"{count:,}")
    table.add_section()
    for what, latencies in {"detected": alerts.detected_ms, "stored": alerts.stored_ms}.items():
        median, worst = percentile_ms(latencies, 50), percentile_ms(latencies, 99)
        table.add_row(f"{what} after the broker had the event", f"p50 {median}, p99 {worst}")
    return table


def _planted(summary: Summary) -> Table:
    table = _table("Planted fraud", "", "alerts due", "found")
    for scenario, due in sorted(summary.sent.planted.items()):
        found = due & summary.alerts.rules.keys()
        table.add_row(scenario.replace("_", " "), f"{len(due):,}", f"{len(found):,}")
    return table


def _risk(summary: Summary) -> Table:
    table = _table("Applications by risk level", "", "approve", "review", "reject")
    for level in ("Low", "Medium", "High"):
        counts = (summary.landed.risk_levels[level, decision] for decision in ("approve", "review", "reject"))
        table.add_row(level, *(f"{count:,}" for count in counts))
    return table


def _reconciled(summary: Summary) -> Table:
    table = _table("Alerts judged by the batch", "", "alerts")
    verdicts: Counter[tuple[str, str | None]] = summary.landed.verdicts
    for (verdict, reason), count in sorted(verdicts.items(), key=lambda item: (item[0][0], item[0][1] or "")):
        table.add_row(f"{verdict}: {reason}" if reason else verdict, f"{count:,}")
    return table


def _addresses(values: Mapping[str, str]) -> Table:
    table = _table("To look around", "", "address")
    for what, setting in ADDRESSES.items():
        if setting in values:
            table.add_row(what, public(values[setting]))
    table.add_row("settings and passwords", f"{values.get('TANDEM_STACK_DIR', '.stack')}/env")
    return table
