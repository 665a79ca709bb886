"""What reconciliation speaks of: positions, alerts, evaluated events and verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple


class Position(NamedTuple):
    """Where a message lies on its topic."""

    topic: str
    partition: int
    offset: int


class VerdictName(StrEnum):
    """Whether an alert stands, by the batch's own evaluation of the event."""

    CONFIRMED = "confirmed"
    RETRACTED = "retracted"
    MISSED = "missed"


class Difference(StrEnum):
    """Why stream and batch differ over an alert; no difference has no reason."""

    DUPLICATE_STATE = "duplicate_state"
    RULE_VERSION = "rule_version"
    STREAM_GAP = "stream_gap"
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True)
class StreamAlert:
    """One alert as the stream raised it, a message of the alerts' topic."""

    alert_id: str
    rule_id: str
    rule_version: int
    event_id: str
    source: Position
    document: Mapping[str, Any]


@dataclass(frozen=True)
class EvaluatedEvent:
    """One event as the batch sees it.

    ``event`` holds the contract's fields that are not null; ``firing`` maps each
    rule whose condition holds to the alert's message.
    """

    event: Mapping[str, Any]
    position: Position
    firing: Mapping[str, str]


@dataclass(frozen=True)
class RuleInForce:
    """What reconciliation has to know of a rule of the catalog."""

    rule_id: str
    version: int
    severity: str
    evidence_fields: tuple[str, ...]


@dataclass(frozen=True)
class Case:
    """One alert to judge: all that is known of it.

    ``accepted`` is the accepted event of the alert's id, wherever it came from;
    ``at_source`` the accepted event at the position that the alert names. Where
    the batch quarantined the message at that position, ``quarantine_reason`` says
    why, and ``conflicting`` is the message itself if it is a conflicting duplicate
    of the alert's event that can still be read (card numbers are stored masked).
    An exact duplicate leaves no message behind.
    """

    alert_id: str
    rule_id: str
    event_id: str
    alert: StreamAlert | None
    accepted: EvaluatedEvent | None
    at_source: EvaluatedEvent | None = None
    quarantine_reason: str | None = None
    conflicting: EvaluatedEvent | None = None


@dataclass(frozen=True)
class Verdict:
    """The batch's word on one alert. ``detail`` names fields and positions, never values."""

    verdict: VerdictName
    reason: Difference | None = None
    detail: str | None = None
