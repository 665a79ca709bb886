"""From a rule to the SQL of both engines, over the columns of the parsed event."""

from __future__ import annotations

from dataclasses import dataclass

from rules.catalog import Rule
from rules.dialects import DIALECTS, Engine
from rules.expressions import FieldValue


@dataclass(frozen=True)
class CompiledRule:
    """A rule with its SQL texts."""

    rule: Rule

    @property
    def evidence_fields(self) -> tuple[str, ...]:
        """The fields whose values an alert gives as its evidence."""
        return self.rule.evidence_fields

    def condition(self, engine: Engine) -> str:
        """The condition, false or NULL for events of other types."""
        dialect = DIALECTS[engine]
        guard = f"{dialect.column('event_type')} = {dialect.text(self.rule.on)}"
        return f"({guard} AND {dialect.render(self.rule.condition)})"

    def message_sql(self, engine: Engine) -> str:
        """The message of the alert as a text expression, never NULL."""
        dialect = DIALECTS[engine]
        parts = [
            dialect.as_text(dialect.column(part.name), part.type)
            if isinstance(part, FieldValue)
            else dialect.text(part)
            for part in self.rule.message_parts
        ]
        return dialect.concatenated(parts)


def compile_rule(rule: Rule) -> CompiledRule:
    """Return the rule as SQL for both engines."""
    return CompiledRule(rule)
