"""From what stream and batch know of an alert to the verdict and its proven reason.

The verdict says whether the batch's own evaluation of the accepted event raises
the alert. The reason says why the stream saw it otherwise, and is given only when
the stored data prove it; what they do not prove is ``unexplained``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contract.events import Reason
from spark_jobs.reconciliation.model import (
    Case,
    Difference,
    EvaluatedEvent,
    RuleInForce,
    StreamAlert,
    Verdict,
    VerdictName,
)
from spark_jobs.reconciliation.stream_history import StreamHistory

COPIED_FROM_EVENT = ("event_id", "event_type", "user_id", "event_time_ms")


def judge(case: Case, rules: Mapping[str, RuleInForce], history: StreamHistory) -> Verdict:
    """Judge one alert."""
    fires = case.accepted is not None and case.rule_id in case.accepted.firing
    rule = rules.get(case.rule_id)
    if case.alert is not None:
        name = VerdictName.CONFIRMED if fires else VerdictName.RETRACTED
        return Verdict(name, *_explain_alert(case, case.alert, rule, history))
    if fires and case.accepted is not None and rule is not None:
        return Verdict(VerdictName.MISSED, *_explain_absence(case.accepted, rule, history))
    return Verdict(
        VerdictName.RETRACTED, Difference.RULE_VERSION, "the rules in force no longer raise this alert"
    )


def _explain_absence(
    accepted: EvaluatedEvent, rule: RuleInForce, history: StreamHistory
) -> tuple[Difference, str]:
    run = history.certain_run(accepted.position)
    if run is None:
        return Difference.STREAM_GAP, "no stream run is known to have read this offset"
    if (rule.rule_id, rule.version) not in run.rules:
        return Difference.RULE_VERSION, f"stream run {run.run_id} did not run version {rule.version}"
    return (
        Difference.UNEXPLAINED,
        f"stream run {run.run_id} read this offset with this rule, and raised nothing",
    )


def _explain_alert(
    case: Case, alert: StreamAlert, rule: RuleInForce | None, history: StreamHistory
) -> tuple[Difference | None, str | None]:
    current = rule is not None and rule.version == alert.rule_version
    if not current and not history.could_have_run((alert.rule_id, alert.rule_version), alert.source):
        return (
            Difference.UNEXPLAINED,
            f"no stream run had version {alert.rule_version} at its source position",
        )
    if _is_unreadable_duplicate(case):
        return (
            Difference.DUPLICATE_STATE,
            "raised by a conflicting duplicate that is stored masked: not compared",
        )
    origin = _origin(case, alert)
    if origin is None:
        return Difference.UNEXPLAINED, "its source position holds no message of this event"
    differing = _differing(alert, origin, rule if current else None)
    if differing:
        return Difference.UNEXPLAINED, "differs from the event in " + ", ".join(differing)
    if origin is case.conflicting:
        return Difference.DUPLICATE_STATE, "raised by a conflicting duplicate"
    if not current:
        return Difference.RULE_VERSION, f"raised by version {alert.rule_version} of the rule"
    return None, None


def _is_unreadable_duplicate(case: Case) -> bool:
    return case.quarantine_reason == Reason.CONFLICTING_DUPLICATE and case.conflicting is None


def _origin(case: Case, alert: StreamAlert) -> EvaluatedEvent | None:
    """The event that the alert was made from, as far as the batch's own record goes."""
    if case.accepted is None or case.accepted.position == alert.source:
        return case.accepted
    if case.quarantine_reason is not None:
        return case.conflicting
    return case.accepted if case.at_source is None else None


def _differing(alert: StreamAlert, origin: EvaluatedEvent, rule: RuleInForce | None) -> list[str]:
    """Name what the alert says otherwise than the event; ``rule`` is None for another version."""
    document = alert.document
    names = [name for name in COPIED_FROM_EVENT if not _same(document.get(name), origin.event.get(name))]
    if not _same_members(document["event"], origin.event):
        names.append("event")
    fields = rule.evidence_fields if rule else tuple(document["evidence"])
    computed = {field: origin.event.get(field) for field in fields}
    if not _same_members(document["evidence"], computed):
        names.append("evidence")
    return names + (_differing_rule_members(alert, origin, rule) if rule else [])


def _differing_rule_members(alert: StreamAlert, origin: EvaluatedEvent, rule: RuleInForce) -> list[str]:
    if alert.rule_id not in origin.firing:
        return ["condition"]
    expected = {"severity": rule.severity, "message": origin.firing[alert.rule_id]}
    return [name for name, value in expected.items() if alert.document[name] != value]


def _same_members(left: Mapping[str, Any], right: Mapping[str, Any]) -> bool:
    """Equal members; null and absent are one."""
    return all(_same(left.get(name), right.get(name)) for name in left.keys() | right.keys())


def _same(left: Any, right: Any) -> bool:
    """Equal JSON values; true is not 1."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return bool(left == right)
