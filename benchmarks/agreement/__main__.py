"""``make agreement``: plays the cases, shows the verdicts, fails where something is not as it should be.

- *disturbed*: disorder, duplicates, conflicts, late and broken events; thresholds, a list and a mode
  change, a rule gets a new version, the stream jobs start anew while events come. Nothing may be unexplained.
- *undisturbed*: none of these. Nothing may be unexplained, and rules that look at one event or one user may
  not differ at all.

A case that was interrupted goes on where it was when the same command is given again.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.agreement.cases import CASES
from benchmarks.agreement.platform import Platform, platform
from rules.catalog import load_catalog
from stack.folder import DEFAULT_STACK

VERDICTS_SQL = """
SELECT rule_id, verdict, coalesce(reason, '-'), count(*) FROM warehouse.alert_reconciliation GROUP BY 1, 2, 3
"""
RUNS_SQL = """
SELECT b.status, r.events_judged, r.alerts_new, extract(epoch FROM b.finished_at - b.started_at)::float8
FROM warehouse.reconciliation_runs r JOIN warehouse.batch_runs b USING (batch_id) ORDER BY r.run_number
"""
UNWRITTEN_SQL = """
SELECT count(*) FROM warehouse.batch_runs b LEFT JOIN warehouse.reconciliation_runs r USING (batch_id)
WHERE b.job = 'reconcile_alerts' AND (b.status <> 'succeeded' OR r.statuses_written_at IS NULL)
"""
Count = Counter[tuple[str, str, str]]


def main(
    events: Annotated[int, typer.Option(min=1_000, help="Distinct good events of each case.")] = 5_000_000,
    only: Annotated[
        list[str] | None, typer.Option(help=f"One of {', '.join(CASES)}; all unless said.")
    ] = None,
    folder: Annotated[Path, typer.Option(help="Where the stacks of the cases are.")] = DEFAULT_STACK
    / "agreement",
    keep: Annotated[bool, typer.Option(help="Keep the stacks' data when a case is done.")] = False,
) -> None:
    """Print the tables; exit 1 where they are not as they should be."""
    wrong: list[str] = []
    for name in only or list(CASES):
        print(f"\n{name}, {events:,} events")
        with platform(folder.resolve() / f"{name}-{events}", keep=keep) as at:
            CASES[name](at, events)
            show_runs(at)
            wrong += shortcomings(name, show_verdicts(at))
            if failed := at.rows(UNWRITTEN_SQL)[0][0]:
                wrong.append(f"{name}: {failed:,} reconciliations failed, or did not tell the alert store")
    print("\n" + ("; ".join(wrong) if wrong else "every difference is explained"))
    if wrong:
        raise typer.Exit(1)


def show_runs(at: Platform) -> None:
    """How long each reconciliation took, the start of Spark included in none."""
    for status, judged, alerts, seconds in at.rows(RUNS_SQL):
        rate = judged / seconds if seconds else 0
        print(
            f"  reconciliation {status}: {judged:>10,} events and {alerts:>8,} alerts "
            f"in {seconds or 0:6.1f} s, {rate:>9,.0f} events/s"
        )


def show_verdicts(at: Platform) -> Count:
    """Print the verdicts and reasons; (rule, verdict, reason) -> alerts."""
    found: Count = Counter()
    for rule_id, verdict, reason, count in at.rows(VERDICTS_SQL):
        found[rule_id, verdict, reason] = count
    kinds = sorted({(verdict, reason) for _, verdict, reason in found})
    print(f"  {found.total():,} alerts")
    for kind in kinds:
        count = sum(number for (_, *its_kind), number in found.items() if tuple(its_kind) == kind)
        print(f"  {kind[0]:<10} {kind[1]:<16} {count:>9,}")
    print("  by rule: " + ", ".join(f"{rule_id} {count:,}" for rule_id, count in by_rule(found)))
    return found


def by_rule(found: Count) -> list[tuple[str, int]]:
    """Alerts of each rule."""
    rules: Counter[str] = Counter()
    for (rule_id, _, _), count in found.items():
        rules[rule_id] += count
    return sorted(rules.items())


def shortcomings(name: str, found: Count) -> list[str]:
    """What is not as it should be."""
    wrong = []
    unexplained = sum(count for (*_, reason), count in found.items() if reason == "unexplained")
    if unexplained:
        wrong.append(f"{name}: {unexplained:,} alerts are unexplained")
    if name == "undisturbed" and (differing := within_users(found)):
        wrong.append(f"{name}: {differing:,} differences within users")
    return wrong


def within_users(found: Count) -> int:
    """Differences over rules that look at one event, or at the events of one user."""
    keys = {rule.id: {feature.key for feature in rule.features.values()} for rule in load_catalog()}
    by_user = {rule_id for rule_id, used in keys.items() if used <= {"user_id"}}
    return sum(count for (rule, _, reason), count in found.items() if rule in by_user and reason != "-")


if __name__ == "__main__":
    typer.run(main)
