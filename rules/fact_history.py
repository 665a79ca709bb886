"""What is in force at an event time, by the facts that a decision knew.

Of the facts of one subject with ``offset <= facts_offset`` and ``from <= event time < until``, the one with
the greatest ``from`` is in force; of equal ones that with the greatest offset. A value that does not fit the
range of its parameter counts as not said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from rules.facts import Fact, ListEntry, Mode, ParameterValueSet, RuleMode, Subject

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

    def listed(self, list_name: str, value: str, event_time_ms: int, facts_offset: int | None = None) -> bool:
        """Whether a value is on a list."""
        stored = self.in_force(("list_entry", list_name, value), event_time_ms, facts_offset)
        statement = stored.fact.statement if stored else None
        return isinstance(statement, ListEntry) and statement.listed

    def integer(
        self,
        rule_id: str,
        name: str,
        bounds: tuple[int, int, int],
        event_time_ms: int,
        facts_offset: int | None = None,
    ) -> int:
        """Return a whole-number parameter; ``bounds`` are its default, least and greatest value."""
        default, low, high = bounds

        def fits(value: int | float) -> bool:
            return isinstance(value, int) and low <= value <= high

        value = self._value(rule_id, name, fits, event_time_ms, facts_offset)
        return default if value is None else int(value)

    def number(
        self,
        rule_id: str,
        name: str,
        bounds: tuple[float, float, float],
        event_time_ms: int,
        facts_offset: int | None = None,
    ) -> float:
        """Return a parameter that is a double; whole numbers are taken as doubles."""
        default, low, high = bounds

        def fits(value: int | float) -> bool:
            return low <= float(value) <= high

        value = self._value(rule_id, name, fits, event_time_ms, facts_offset)
        return default if value is None else float(value)

    def _value(
        self,
        rule_id: str,
        name: str,
        fits: Callable[[int | float], bool],
        event_time_ms: int,
        facts_offset: int | None,
    ) -> int | float | None:
        known = self.last_offset if facts_offset is None else facts_offset
        values = (
            stored.fact.statement.value
            for stored in self.of(("parameter", rule_id, name))
            if isinstance(stored.fact.statement, ParameterValueSet) and stored.holds_at(event_time_ms, known)
        )
        return next((value for value in values if fits(value)), None)

    def spans(self, subject: Subject, facts_offset: int | None = None) -> tuple[Span, ...]:
        """Return what is in force over all event times, in their order; times without a fact are left out."""
        known = self.last_offset if facts_offset is None else facts_offset
        facts = [stored for stored in self.of(subject) if stored.offset <= known]
        starts = {stored.fact.from_event_time_ms for stored in facts}
        ends = {until_ms for stored in facts if (until_ms := stored.fact.until_event_time_ms) is not None}
        bounds = sorted(starts | ends)
        pieces = (
            Span(from_ms, until_ms, stored)
            for from_ms, until_ms in zip(bounds, [*bounds, None][1:], strict=True)
            if (stored := self.in_force(subject, from_ms, known)) is not None
        )
        return tuple(_joined(pieces))


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
