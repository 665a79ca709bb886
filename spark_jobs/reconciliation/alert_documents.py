"""The document of an alert that only the batch raised, as the alert store keeps it."""

from __future__ import annotations

from typing import Any

from spark_jobs.reconciliation.model import EvaluatedEvent, RuleInForce


def missed_alert(event: EvaluatedEvent, rule: RuleInForce, detected_at_ms: int) -> dict[str, Any]:
    """Make the document; ``detected_at_ms`` is when the batch found it."""
    fields = event.event
    return {
        "_id": f"{rule.rule_id}:{fields['event_id']}",
        "rule_id": rule.rule_id,
        "rule_version": rule.version,
        "severity": rule.severity,
        "message": event.firing[rule.rule_id],
        **{name: fields[name] for name in ("event_id", "event_type", "user_id", "event_time_ms")},
        "detected_at_ms": detected_at_ms,
        "evidence": {name: fields.get(name) for name in rule.evidence_fields},
        "event": dict(fields),
        "source": event.position._asdict(),
        "seen": {},
    }
