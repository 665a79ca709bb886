"""From a rule to the SQL of both engines, over the columns of the parsed event and those of its features."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from rules.catalog import Rule
from rules.dialects import DIALECTS, Engine
from rules.expressions import Listed, ParameterValue, RiskLevelValue, listed_of
from rules.features import Feature


@dataclass(frozen=True)
class CompiledRule:
    """A rule with its SQL texts.

    ``from_event_time_ms`` (inclusive) and ``until_event_time_ms`` (exclusive) are the event times
    that this version of the rule is in force for; None: no such end.
    """

    rule: Rule
    from_event_time_ms: int | None = None
    until_event_time_ms: int | None = None

    @property
    def evidence_fields(self) -> tuple[str, ...]:
        """The names of the fields among the evidence."""
        return self.rule.evidence_fields

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        """The features whose columns the texts read, each once."""
        return tuple(dict.fromkeys(self.rule.features.values()))

    @cached_property
    def parameters(self) -> tuple[ParameterValue, ...]:
        """The parameters that the texts read, each once."""
        values = self.rule.evidence_values
        return tuple(value for value in values if isinstance(value, ParameterValue))

    @cached_property
    def listed(self) -> tuple[Listed, ...]:
        """The questions about lists in the condition, each once."""
        return tuple(dict.fromkeys(listed_of(self.rule.condition)))

    @property
    def reads_risk_level(self) -> bool:
        """Whether a text reads the user's risk level."""
        return any(isinstance(value, RiskLevelValue) for value in self.rule.evidence_values)

    def condition(self, engine: Engine) -> str:
        """The condition, false or NULL for events of other types and outside the times in force."""
        dialect = DIALECTS[engine]
        guards = [f"{dialect.column('event_type')} = {dialect.text(self.rule.on)}"]
        time = dialect.column("event_time_ms")
        if self.from_event_time_ms is not None:
            guards.append(f"{time} >= {dialect.integer(self.from_event_time_ms)}")
        if self.until_event_time_ms is not None:
            guards.append(f"{time} < {dialect.integer(self.until_event_time_ms)}")
        return f"({' AND '.join(guards)} AND {dialect.render(self.rule.condition)})"

    def mode(self, engine: Engine) -> str:
        """The rule's mode in force at the event's time as a text: on, off or shadow."""
        return DIALECTS[engine].mode(self.rule.id)

    def evidence(self, engine: Engine) -> dict[str, str]:
        """Name -> SQL of every field, feature and parameter that the rule reads, in the order of its text."""
        dialect = DIALECTS[engine]
        return {value.name: dialect.render(value) for value in self.rule.evidence_values}

    def message_sql(self, engine: Engine) -> str:
        """The message of the alert as a text expression, never NULL."""
        dialect = DIALECTS[engine]
        parts = [
            dialect.text(part) if isinstance(part, str) else dialect.as_text(dialect.render(part), part.type)
            for part in self.rule.message_parts
        ]
        return dialect.concatenated(parts)


def compile_rule(
    rule: Rule, from_event_time_ms: int | None = None, until_event_time_ms: int | None = None
) -> CompiledRule:
    """Return the rule as SQL for both engines, where given for the event times that it is in force for."""
    return CompiledRule(rule, from_event_time_ms, until_event_time_ms)
