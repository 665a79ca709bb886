"""From what stream and batch know of an alert to the verdict and its proven reason.

The verdict says whether the batch's own evaluation of the accepted event raises the alert. The reason
says why the stream saw it otherwise, and is given only when the stored data prove it; what they do not
prove is ``unexplained``.
"""

from __future__ import annotations

from contract.events import Reason, load_contract
from rules.compiler import CompiledRule
from rules.fact_history import NO_FACTS
from spark_jobs.reconciliation.absence import explain_absence
from spark_jobs.reconciliation.differing import differing_from_event, same_evidence, same_members
from spark_jobs.reconciliation.model import (
    Case,
    Difference,
    EvaluatedEvent,
    StreamAlert,
    Verdict,
    VerdictName,
)
from spark_jobs.reconciliation.options import Option, first_cause, options_of
from spark_jobs.reconciliation.rule_book import (
    RuleBook,
    evidence_of,
    feature_columns,
    is_raised,
    says,
)
from spark_jobs.reconciliation.stream_history import StreamHistory

Explained = tuple[Difference | None, str | None]


def judge(case: Case, book: RuleBook, history: StreamHistory) -> Verdict:
    """Judge one alert."""
    accepted = case.accepted
    rule = book.in_force(case.rule_id, accepted.event["event_time_ms"]) if accepted else None
    fires = accepted is not None and case.rule_id in accepted.firing
    if case.alert is not None:
        name = VerdictName.CONFIRMED if fires else VerdictName.RETRACTED
    else:
        name = VerdictName.MISSED if fires else VerdictName.RETRACTED
    disagreement = _disagreement(accepted, rule, fires, book)
    if disagreement:
        return Verdict(name, Difference.UNEXPLAINED, disagreement)
    if case.alert is not None:
        return Verdict(name, *_explain_alert(case, case.alert, rule, book, history))
    if fires and accepted is not None and rule is not None:
        return Verdict(name, *explain_absence(case, accepted, rule, book, history))
    if accepted is not None and rule is not None and case.judged_version == rule.rule.version:
        return Verdict(name, *_explain_taken_back(accepted, rule, book))
    return Verdict(name, Difference.RULE_VERSION, "the rules in force no longer raise this alert")


def _disagreement(
    accepted: EvaluatedEvent | None, rule: CompiledRule | None, fires: bool, book: RuleBook
) -> str | None:
    """Why Spark's evaluation of the rule is in doubt: the plain one has to give the same."""
    if accepted is None or rule is None:
        return None
    evidence = accepted.evidence.get(rule.rule.id, {})
    said = book.said_columns(rule, accepted.event, None)
    columns = {**accepted.event, **feature_columns(rule, evidence), **said}
    if not same_members(evidence, evidence_of(rule, columns)):
        return "Spark's evidence is not what the fields and the facts say"
    if is_raised(rule, columns) != fires:
        return "Spark and the plain evaluation of the rule disagree"
    if fires and not says(rule, columns, accepted.firing[rule.rule.id].message):
        return "Spark and the plain evaluation give different messages"
    return None


def _explain_taken_back(accepted: EvaluatedEvent, rule: CompiledRule, book: RuleBook) -> Explained:
    """Why an alert that the batch itself had inserted no longer stands."""
    columns = {**accepted.event, **feature_columns(rule, accepted.evidence.get(rule.rule.id, {}))}
    for facts_offset in book.late_offsets(rule, accepted):
        if is_raised(rule, {**columns, **book.said_columns(rule, accepted.event, facts_offset)}):
            return Difference.FACT_LATE, f"with the facts up to offset {facts_offset} it was raised"
    return Difference.ARRIVAL_ORDER, "events that landed since take it back"


def _explain_alert(
    case: Case, alert: StreamAlert, rule: CompiledRule | None, book: RuleBook, history: StreamHistory
) -> Explained:
    current = rule is not None and rule.rule.version == alert.rule_version
    if not current and not history.could_have_run(
        (alert.rule_id, alert.rule_version), alert.source, alert.document["event_time_ms"]
    ):
        return (
            Difference.UNEXPLAINED,
            f"no stream run had version {alert.rule_version} at its source position",
        )
    if case.quarantine_reason == Reason.CONFLICTING_DUPLICATE and case.conflicting is None:
        return (
            Difference.DUPLICATE_STATE,
            "raised by a conflicting duplicate that is stored masked: not compared",
        )
    origin = _origin(case, alert)
    if origin is None:
        return Difference.UNEXPLAINED, "its source position holds no message of this event"
    differing = differing_from_event(alert, origin)
    if differing:
        return Difference.UNEXPLAINED, "differs from the event in " + ", ".join(differing)
    used = rule if current else book.version(alert.rule_id, alert.rule_version)
    if used is None:
        return _explain_unknown_version(alert, origin)
    return _explain_decision(case, alert, origin, used, current, book)


def _explain_unknown_version(alert: StreamAlert, origin: EvaluatedEvent) -> Explained:
    """The text of the version is not known: of its evidence, the event's fields can be compared."""
    fields = {column.name for column in load_contract().columns}
    told = {name: value for name, value in alert.document["evidence"].items() if name in fields}
    if not same_members(told, {name: origin.event.get(name) for name in told}):
        return Difference.UNEXPLAINED, "differs from the event in evidence"
    return Difference.RULE_VERSION, f"raised by version {alert.rule_version} of the rule"


def _origin(case: Case, alert: StreamAlert) -> EvaluatedEvent | None:
    """The event that the alert was made from, as far as the batch's own record goes."""
    if case.accepted is None or case.accepted.position == alert.source:
        return case.accepted
    if case.quarantine_reason is not None:
        return case.conflicting
    return case.accepted if case.at_source is None else None


def _explain_decision(
    case: Case,
    alert: StreamAlert,
    origin: EvaluatedEvent,
    used: CompiledRule,
    current: bool,
    book: RuleBook,
) -> Explained:
    """Repeat the decision from what the stream had, and tell it from the truth."""
    true = case.accepted.evidence.get(case.rule_id, {}) if case.accepted else {}
    unknown = [proof.unknown for proof in case.proofs.values() if proof.unknown]
    if unknown:
        return Difference.UNEXPLAINED, "; ".join(unknown)
    facts_offset = alert.document.get("facts_offset", NO_FACTS)
    said = book.said_columns(used, origin.event, facts_offset)
    problems: list[str] = []
    for option in options_of(case, used, origin.event, true):
        missing = option.missing(used)
        if missing:
            return Difference.UNEXPLAINED, "nothing was computed by " + ", ".join(missing)
        columns = {**origin.event, **option.columns, **said}
        problem = _differing_decision(alert, used, columns)
        if problem is None:
            break
        problems.append(problem)
    else:
        return Difference.UNEXPLAINED, problems[0]
    if origin is case.conflicting:
        return Difference.DUPLICATE_STATE, "raised by a conflicting duplicate"
    if not current:
        return Difference.RULE_VERSION, f"raised by version {alert.rule_version} of the rule"
    return _cause(case, origin, used, option, columns, book)


def _differing_decision(alert: StreamAlert, used: CompiledRule, columns: dict[str, object]) -> str | None:
    """What the alert says otherwise than the rule gives on what the stream had."""
    names = (
        [] if same_evidence(used, alert.document["evidence"], evidence_of(used, columns)) else ["evidence"]
    )
    told = {**columns, **feature_columns(used, alert.document["evidence"])}
    if not names and not is_raised(used, told):
        names.append("condition")
    if alert.document["severity"] != used.rule.severity:
        names.append("severity")
    if not says(used, columns, alert.document["message"]):
        names.append("message")
    return "differs from the event in " + ", ".join(names) if names else None


def _cause(
    case: Case,
    origin: EvaluatedEvent,
    used: CompiledRule,
    option: Option,
    columns: dict[str, object],
    book: RuleBook,
) -> Explained:
    """Why what the stream had gives another alert than the truth; none where it gives the same."""
    true, seen = origin.evidence.get(case.rule_id, {}), evidence_of(used, columns)
    if case.rule_id in origin.firing and same_evidence(used, seen, true):
        return None, None
    now_said = book.said_columns(used, origin.event, None)
    causes = set(option.causes)
    if any(columns[name] != value for name, value in now_said.items()):
        causes.add(Difference.FACT_LATE)
    cause = first_cause(causes)
    if cause is None:
        return Difference.UNEXPLAINED, "nothing that the stream had differs from what the batch has"
    names = [name for name in seen if not same_evidence(used, {name: seen[name]}, {name: true.get(name)})]
    return cause, "what the stream had gives other values of " + ", ".join(names or ["its facts"])
