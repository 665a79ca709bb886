"""Why the stream raised no alert that the batch raises."""

from __future__ import annotations

from rules.compiler import CompiledRule
from spark_jobs.reconciliation.model import Case, Difference, EvaluatedEvent
from spark_jobs.reconciliation.options import first_cause, options_of
from spark_jobs.reconciliation.rule_book import RuleBook, is_raised
from spark_jobs.reconciliation.stream_history import StreamHistory

BOUNDED = "bounded proof: some order that the record allows"


def explain_absence(
    case: Case, accepted: EvaluatedEvent, rule: CompiledRule, book: RuleBook, history: StreamHistory
) -> tuple[Difference, str]:
    """Return the reason and its proof."""
    run = history.certain_run(accepted.position)
    if run is None:
        return Difference.STREAM_GAP, "no stream run is known to have read this offset"
    if not run.had((rule.rule.id, rule.rule.version), accepted.event["event_time_ms"]):
        return Difference.RULE_VERSION, f"stream run {run.run_id} did not run version {rule.rule.version}"
    found = _silent_option(case, accepted, rule, book)
    if found is not None:
        return found
    return (
        Difference.UNEXPLAINED,
        f"stream run {run.run_id} read this offset with this rule, and raised nothing",
    )


def _silent_option(
    case: Case, accepted: EvaluatedEvent, rule: CompiledRule, book: RuleBook
) -> tuple[Difference, str] | None:
    """The first of the ways things may have gone on which the rule raises nothing."""
    true = accepted.evidence.get(rule.rule.id, {})
    for facts_offset in (None, *book.late_offsets(rule, accepted)):
        said = book.said_columns(rule, accepted.event, facts_offset)
        for option in options_of(case, rule, accepted.event, true):
            if option.missing(rule) or is_raised(rule, {**accepted.event, **option.columns, **said}):
                continue
            if facts_offset is not None:
                return Difference.FACT_LATE, f"with the facts up to offset {facts_offset} it is not raised"
            cause = first_cause(option.causes)
            if cause is not None:
                what = BOUNDED if option.bounded else "the offsets of the key's events tell the order"
                return cause, f"{what}, gives no alert"
    return None
