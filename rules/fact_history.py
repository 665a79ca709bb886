"""What is in force at an event time, by the facts that a decision knew.

Of the facts of one subject with ``offset <= facts_offset`` and ``from <= event time < until``, the one with
the greatest ``from`` is in force; of equal ones that with the greatest offset. A value that does not fit the
range of its parameter counts as not said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from rules.expressions import ParameterValue
from rules.facts import Fact, ListEntry, Mode, ParameterValueSet, RuleMode, Subject, UserRiskLevel

NO_FACTS = -1
"""The offset of a decision that knew no fact."""


@dataclass(frozen=True)
class StoredFact:
    """A fact and its offset on the topic (one partition)."""

    offset: int
    fact: Fact

    def holds_at(self, event_time_ms: int, facts_offset: int) -> bool:
        """Whether a decision that knew the facts up to ``facts_offset`` had it for this event time."""
        fact = self.fact
        until_ms = fact.until_event_time_ms
        return (
            self.offset <= facts_offset
            and fact.from_event_time_ms <= event_time_ms
            and (until_ms is None or event_time_ms < until_ms)
        )


@dataclass(frozen=True)
class Span:
    """Event times from ``from_ms`` to before ``until_ms`` (None: no end) with one fact in force."""

    from_ms: int
    until_ms: int | None
    stored: StoredFact


@dataclass(frozen=True)
class RefusedFact:
    """A message of the topic that is no fact: its offset and what was expected."""

    offset: int
    problem: str


@dataclass(frozen=True)
class FactHistory:
    """Every fact that was ever said, in the order of the offsets, and what was refused."""

    stored: tuple[StoredFact, ...]
    refused: tuple[RefusedFact, ...] = ()

    @property
    def last_offset(self) -> int:
        """The offset up to which the topic was read; :data:`NO_FACTS` of an empty one."""
        last = [part[-1].offset for part in (self.stored, self.refused) if part]
        return max(last, default=NO_FACTS)

    @cached_property
    def _by_subject(self) -> dict[Subject, list[StoredFact]]:
        """Newest first: by ``from``, then by offset, both falling."""
        found: dict[Subject, list[StoredFact]] = {}
        for stored in self.stored:
            found.setdefault(stored.fact.subject, []).append(stored)
        for facts in found.values():
            facts.sort(key=lambda stored: (stored.fact.from_event_time_ms, stored.offset), reverse=True)
        return found

    def subjects(self, kind: str) -> tuple[Subject, ...]:
        """Everything of a kind that facts speak of, in order."""
        return tuple(sorted(subject for subject in self._by_subject if subject[0] == kind))

    def of(self, subject: Subject) -> Sequence[StoredFact]:
        """The facts about one subject, the newest ``from`` first."""
        return self._by_subject.get(subject, [])

    def in_force(
        self, subject: Subject, event_time_ms: int, facts_offset: int | None = None
    ) -> StoredFact | None:
        """Return the fact that a decision at an event time goes by, None where nothing was said.

        Args:
            subject: of the statement.
            event_time_ms: of the event.
            facts_offset: the last fact that the decision knew; None: all.
        """
        known = self.last_offset if facts_offset is None else facts_offset
        return _first(stored for stored in self.of(subject) if stored.holds_at(event_time_ms, known))

    def mode(self, rule_id: str, event_time_ms: int, facts_offset: int | None = None) -> Mode:
        """Return a rule's mode; ``on`` where nothing was said."""
        stored = self.in_force(("rule_mode", rule_id), event_time_ms, facts_offset)
        return stored.fact.statement.mode if stored and isinstance(stored.fact.statement, RuleMode) else "on"

    def risk_level(self, user_id: str, event_time_ms: int, facts_offset: int | None = None) -> str | None:
        """Return a user's risk level; None where the batch said none."""
        stored = self.in_force(("user_risk_level", user_id), event_time_ms, facts_offset)
        statement = stored.fact.statement if stored else None
        return statement.level if isinstance(statement, UserRiskLevel) else None

    def listed(self, list_name: str, value: str, event_time_ms: int, facts_offset: int | None = None) -> bool:
        """Whether a value is on a list."""
        stored = self.in_force(("list_entry", list_name, value), event_time_ms, facts_offset)
        statement = stored.fact.statement if stored else None
        return isinstance(statement, ListEntry) and statement.listed

    def value(
        self, parameter: ParameterValue, event_time_ms: int, facts_offset: int | None = None
    ) -> int | float:
        """Return a parameter's value: the newest fact that fits it, else its default."""
        known = self.last_offset if facts_offset is None else facts_offset
        stored = _first(
            stored
            for stored in self.of(("parameter", parameter.rule_id, parameter.name))
            if stored.holds_at(event_time_ms, known) and fits(parameter, stored.fact)
        )
        said = stored.fact.statement if stored else None
        value = said.value if isinstance(said, ParameterValueSet) else parameter.default
        return value if parameter.type == "integer" else float(value)

    def up_to(self, facts_offset: int | None) -> FactHistory:
        """Return what a decision knew that had the facts up to an offset; None: all."""
        if facts_offset is None or facts_offset >= self.last_offset:
            return self
        return FactHistory(
            tuple(stored for stored in self.stored if stored.offset <= facts_offset),
            tuple(refused for refused in self.refused if refused.offset <= facts_offset),
        )

    def followed_by(self, facts: Iterable[Fact]) -> FactHistory:
        """Return the history as it is once these facts, too, are published."""
        added = (StoredFact(self.last_offset + 1 + place, fact) for place, fact in enumerate(facts))
        return FactHistory((*self.stored, *added), self.refused)

    def fitting_spans(self, parameter: ParameterValue) -> tuple[Span, ...]:
        """Return the spans of a parameter's facts, without those that do not fit it."""
        subject = ("parameter", parameter.rule_id, parameter.name)
        fitting = tuple(stored for stored in self.of(subject) if fits(parameter, stored.fact))
        return FactHistory(tuple(sorted(fitting, key=lambda stored: stored.offset))).spans(subject)

    def spans(self, subject: Subject) -> tuple[Span, ...]:
        """Return what is in force over all event times, in their order; times without a fact are left out."""
        facts = self.of(subject)
        starts = {stored.fact.from_event_time_ms for stored in facts}
        ends = {until_ms for stored in facts if (until_ms := stored.fact.until_event_time_ms) is not None}
        bounds = sorted(starts | ends)
        pieces = (
            Span(from_ms, until_ms, stored)
            for from_ms, until_ms in zip(bounds, [*bounds, None][1:], strict=True)
            if (stored := self.in_force(subject, from_ms)) is not None
        )
        return tuple(_joined(pieces))


def fits(parameter: ParameterValue, fact: Fact) -> bool:
    """Whether a fact's value is of the parameter's type and within its range."""
    if not isinstance(fact.statement, ParameterValueSet):
        return False
    value = fact.statement.value
    if parameter.type == "integer" and not isinstance(value, int):
        return False
    return parameter.low <= (value if parameter.type == "integer" else float(value)) <= parameter.high


def _joined(pieces: Iterable[Span]) -> Iterator[Span]:
    """Join neighbours of one fact."""
    last: Span | None = None
    for piece in pieces:
        if last is not None and last.stored is piece.stored and last.until_ms == piece.from_ms:
            last = Span(last.from_ms, piece.until_ms, last.stored)
            continue
        if last is not None:
            yield last
        last = piece
    if last is not None:
        yield last


def _first(found: Iterator[StoredFact]) -> StoredFact | None:
    return next(found, None)
