"""What reconciliation speaks of: positions, alerts, evaluated events and verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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

    ARRIVAL_ORDER = "arrival_order"
    DUPLICATE_STATE = "duplicate_state"
    RULE_VERSION = "rule_version"
    FACT_LATE = "fact_late"
    EXPIRED_STATE = "expired_state"
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
class Fired:
    """An alert as the batch raises it: the rule's version and the message."""

    version: int
    message: str


@dataclass(frozen=True)
class EvaluatedEvent:
    """One event as the batch sees it.

    ``event`` holds the contract's fields that are not null; ``firing`` maps each rule whose
    condition holds to its alert; ``evidence`` each rule in force for the event to the values that
    it reads, those that are NULL left out.
    """

    event: Mapping[str, Any]
    position: Position
    firing: Mapping[str, Fired]
    evidence: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    append_time_ms: int = 0
    """When the broker took the message in (Unix epoch)."""


@dataclass(frozen=True)
class KeyProof:
    """What is proven of one alert by one feature key.

    ``options`` are the sets of events that the stream may have decided on: one where the record says which,
    and more where it does not. ``unknown`` says why there is none.
    """

    unknown: str | None
    options: tuple[KeyOption, ...]


@dataclass(frozen=True)
class KeyOption:
    """One set of events: the features on it (None: those of the true windows), and why these differ.

    ``bounded`` says that it is one way among several that the record allows.
    """

    causes: tuple[str, ...]
    values: Mapping[str, Any] | None
    bounded: bool = False


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
    proofs: Mapping[str, KeyProof] = field(default_factory=dict)
    """Feature key -> what is proven by it; for rules with features, of keys that the event has."""
    judged_version: int | None = None
    """The version of the rule that the verdict in force is about."""


@dataclass(frozen=True)
class Verdict:
    """The batch's word on one alert. ``detail`` names fields and positions, never values."""

    verdict: VerdictName
    reason: Difference | None = None
    detail: str | None = None
