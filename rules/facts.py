"""Dated facts: what rules, thresholds, lists, modes and users' risk levels are, from which event time on.

A fact is one message of the topic of facts, a JSON object with the message key ``fact_id``::

    {"fact_id": "...", "kind": "parameter", "rule_id": "card_burst", "name": "max_uses", "value": 7,
     "from_event_time_ms": 1767225600000, "until_event_time_ms": null,
     "changed_by": "ana", "changed_at_ms": 1767225600123, "comment": "holiday season"}

Facts are only added: each change has an id of its own, so that compaction forgets nothing. Times are
milliseconds since the epoch, UTC; a fact holds for event times t with ``from <= t < until``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import orjson

FactKind = Literal["rule", "rule_mode", "parameter", "list_entry", "user_risk_level"]
Mode = Literal["on", "off", "shadow"]
Subject = tuple[str, ...]

MODES: tuple[Mode, ...] = ("on", "off", "shadow")
RISK_LEVELS = ("Low", "Medium", "High")


@dataclass(frozen=True)
class RuleText:
    """A version of a rule, as the text of its file."""

    rule_id: str
    version: int
    text: str

    @property
    def subject(self) -> Subject:
        """What it is about: of the facts of one subject one is in force at a time."""
        return ("rule", self.rule_id)


@dataclass(frozen=True)
class RuleMode:
    """Whether a rule alerts (on), alerts into the shadow collection only, or is silent (off)."""

    rule_id: str
    mode: Mode

    @property
    def subject(self) -> Subject:
        """What it is about."""
        return ("rule_mode", self.rule_id)


@dataclass(frozen=True)
class ParameterValueSet:
    """A threshold of a rule; a value outside the range that the rule names has no effect."""

    rule_id: str
    name: str
    value: int | float

    @property
    def subject(self) -> Subject:
        """What it is about."""
        return ("parameter", self.rule_id, self.name)


@dataclass(frozen=True)
class ListEntry:
    """A value put on a list (listed) or taken off it."""

    list: str
    value: str
    listed: bool

    @property
    def subject(self) -> Subject:
        """What it is about."""
        return ("list_entry", self.list, self.value)


@dataclass(frozen=True)
class UserRiskLevel:
    """The risk level of a user, Low, Medium or High, as the batch scored an application."""

    user_id: str
    level: str

    @property
    def subject(self) -> Subject:
        """What it is about."""
        return ("user_risk_level", self.user_id)


Statement = RuleText | RuleMode | ParameterValueSet | ListEntry | UserRiskLevel
KINDS: dict[type, FactKind] = {
    RuleText: "rule",
    RuleMode: "rule_mode",
    ParameterValueSet: "parameter",
    ListEntry: "list_entry",
    UserRiskLevel: "user_risk_level",
}


@dataclass(frozen=True)
class Fact:
    """One statement, for event times from ``from_event_time_ms`` to before ``until_event_time_ms``."""

    fact_id: str
    statement: Statement
    from_event_time_ms: int
    until_event_time_ms: int | None
    changed_by: str
    changed_at_ms: int
    comment: str = ""

    @property
    def kind(self) -> FactKind:
        """The name of the kind of statement."""
        return KINDS[type(self.statement)]

    @property
    def subject(self) -> Subject:
        """What the statement is about."""
        return self.statement.subject

    def document(self) -> dict[str, Any]:
        """The fact as the message's object."""
        return {
            "fact_id": self.fact_id,
            "kind": self.kind,
            **vars(self.statement),
            "from_event_time_ms": self.from_event_time_ms,
            "until_event_time_ms": self.until_event_time_ms,
            "changed_by": self.changed_by,
            "changed_at_ms": self.changed_at_ms,
            "comment": self.comment,
        }

    def encoded(self) -> bytes:
        """The message's value."""
        return orjson.dumps(self.document())
