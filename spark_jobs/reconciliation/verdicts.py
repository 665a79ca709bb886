"""Judging of all cases of a run, and the one transaction that puts its verdicts in force."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import orjson

from spark_jobs.reconciliation.alert_documents import missed_alert
from spark_jobs.reconciliation.cases import read_cases
from spark_jobs.reconciliation.copying import copy_rows
from spark_jobs.reconciliation.judge import judge
from spark_jobs.reconciliation.model import Case, Difference, Verdict, VerdictName
from spark_jobs.reconciliation.rule_book import RuleBook
from spark_jobs.reconciliation.stream_history import StreamHistory
from spark_jobs.runs import Run
from storage.postgres import transaction

UNEXPLAINED_NAMED_MAX = 10


@dataclass
class Tally:
    """How many verdicts of each kind a run gave, and the first alerts that nothing explains."""

    counts: Counter[tuple[VerdictName, Difference | None]] = field(default_factory=Counter)
    unexplained: list[tuple[str, str]] = field(default_factory=list)

    @property
    def unexplained_count(self) -> int:
        """How many of the verdicts have no explanation."""
        return sum(count for (_, reason), count in self.counts.items() if reason == Difference.UNEXPLAINED)

    def add(self, case: Case, verdict: Verdict) -> None:
        """Count one verdict."""
        self.counts[verdict.verdict, verdict.reason] += 1
        if verdict.reason == Difference.UNEXPLAINED and len(self.unexplained) < UNEXPLAINED_NAMED_MAX:
            self.unexplained.append((case.alert_id, verdict.detail or ""))


def judge_cases(run: Run, book: RuleBook, history: StreamHistory, detected_at_ms: int) -> Tally:
    """Judge every case of the run into its staging table."""
    tally = Tally()

    def rows() -> Iterator[tuple[object, ...]]:
        for case in read_cases(run):
            verdict = judge(case, book, history)
            tally.add(case, verdict)
            yield _row(case, verdict, book, detected_at_ms)

    with transaction(run.connection) as cursor:
        copy_rows(cursor, f"reconcile_verdicts_{run.token}", rows())
    return tally


def _row(case: Case, verdict: Verdict, book: RuleBook, detected_at_ms: int) -> tuple[object, ...]:
    accepted = case.accepted
    rule = book.in_force(case.rule_id, accepted.event["event_time_ms"]) if accepted else None
    document = None
    if verdict.verdict == VerdictName.MISSED and accepted is not None and rule is not None:
        document = orjson.dumps(missed_alert(accepted, rule, detected_at_ms)).decode()
    return (
        case.alert_id,
        case.rule_id,
        case.alert.rule_version if case.alert else rule.rule.version if rule else None,
        case.event_id,
        verdict.verdict,
        verdict.reason,
        verdict.detail,
        document,
    )
