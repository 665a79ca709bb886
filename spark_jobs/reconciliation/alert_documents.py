"""The document of an alert that only the batch raised, as the alert store keeps it."""

from __future__ import annotations

from typing import Any

from rules.compiler import CompiledRule
from spark_jobs.reconciliation.model import EvaluatedEvent


def missed_alert(event: EvaluatedEvent, rule: CompiledRule, detected_at_ms: int) -> dict[str, Any]:
    """Make the document; ``detected_at_ms`` is when the batch found it."""
    fields = event.event
    evidence = event.evidence.get(rule.rule.id, {})
    return {
        "_id": f"{rule.rule.id}:{fields['event_id']}",
        "rule_id": rule.rule.id,
        "rule_version": rule.rule.version,
        "severity": rule.rule.severity,
        "message": event.firing[rule.rule.id].message,
        **{name: fields[name] for name in ("event_id", "event_type", "user_id", "event_time_ms")},
        "detected_at_ms": detected_at_ms,
        "evidence": {value.name: evidence.get(value.name) for value in rule.rule.evidence_values},
        "event": dict(fields),
        "source": event.position._asdict(),
        "seen": {},
    }
