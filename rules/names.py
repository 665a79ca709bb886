"""What a condition or a message may read by a name: fields, features and parameters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlglot import exp, parse_one, tokenize
from sqlglot.errors import SqlglotError
from sqlglot.tokens import TokenType

from contract.events import Field
from rules.expressions import FieldValue, Named, RiskLevelValue
from rules.ranges import Range, check

NAME_PATTERN = re.compile(r"[a-z][a-z0-9_]{0,63}")
NAME_FORM = "a name is a-z, 0-9 and _, begins with a letter and has at most 64 characters"


@dataclass(frozen=True)
class Readable:
    """A value behind a name: its node, the range of its values (None unless it is a number)."""

    expression: Named
    range: Range | None = None
    one_of: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Names:
    """Everything that may be read; ``lists`` says whether LISTED may be asked."""

    readable: Mapping[str, Readable]
    lists: bool = False

    @property
    def noun(self) -> str:
        """What an unknown name is called in an error."""
        kinds = {type(value.expression) for value in self.readable.values()}
        return "field" if kinds <= {FieldValue, RiskLevelValue} else "name"


def names_of_fields(fields: Iterable[Field]) -> dict[str, Readable]:
    """Return the fields of an event type as readable values."""
    return {
        field.name: Readable(FieldValue(field.name, field.type), field_range(field), field.one_of)
        for field in fields
    }


def field_range(field: Field) -> Range | None:
    """Return the range that the contract gives a field; None unless it is a number."""
    if field.type not in ("integer", "number"):
        return None
    if field.min is None or field.max is None:
        raise TypeError(f"the contract gives no limits for {field.name}")
    values = Range(field.min, field.max)
    check(values, field.type)
    return values if field.type == "integer" else values.widened()


def refused_name(name: str, taken: Mapping[str, object]) -> str | None:
    """Return why a feature or a parameter cannot have this name, or None."""
    if not NAME_PATTERN.fullmatch(name):
        return NAME_FORM
    if name in taken:
        return f"name {name} is used twice: {taken[name]} has it too"
    if not _is_plain_word(name):
        return f"{name} is a word of SQL"
    return None


def _is_plain_word(name: str) -> bool:
    try:
        tokens = tokenize(name)
        return len(tokens) == 1 and tokens[0].token_type is TokenType.VAR and _reads_as_column(name)
    except SqlglotError:
        return False


def _reads_as_column(name: str) -> bool:
    tree = parse_one(f"{name} + 1 > {name}")
    return [column.name for column in tree.find_all(exp.Column)] == [name, name]
