"""The typed tree of a condition: what the engines' dialects and the interpreter share.

Values are NULL or of the node's ``type``: ``integer`` is a whole number that fits
64 bits, ``number`` is an IEEE-754 double that is never NaN, ``text`` is compared by
code point. Comparison, AND, OR and NOT follow SQL's three-valued logic. ``/`` of two
integers is whole and truncates toward zero, ``%`` takes the sign of the dividend;
a zero divisor gives NULL.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

ValueType = Literal["text", "integer", "number", "boolean"]
ArithmeticOperator = Literal["+", "-", "*", "/", "%"]
ComparisonOperator = Literal["=", "<>", "<", "<=", ">", ">="]
FunctionName = Literal["ABS", "COALESCE", "LENGTH"]


@dataclass(frozen=True)
class FieldValue:
    """The value of a field of the event."""

    name: str
    type: ValueType


@dataclass(frozen=True)
class Constant:
    """A value written in the rule."""

    value: str | int | float | bool
    type: ValueType


@dataclass(frozen=True)
class Widen:
    """A whole number taken as a double, as Java's ``(double) x``."""

    operand: Expression
    type: ValueType = "number"


@dataclass(frozen=True)
class Negate:
    """The operand with the other sign."""

    operand: Expression
    type: ValueType


@dataclass(frozen=True)
class Arithmetic:
    """Two operands of one type, integer or number."""

    operator: ArithmeticOperator
    left: Expression
    right: Expression
    type: ValueType


@dataclass(frozen=True)
class Call:
    """A function: ABS(x), COALESCE(x, y, ...), LENGTH(text) in code points."""

    function: FunctionName
    arguments: tuple[Expression, ...]
    type: ValueType


@dataclass(frozen=True)
class Comparison:
    """Two operands of one type compared."""

    operator: ComparisonOperator
    left: Expression
    right: Expression
    type: ValueType = "boolean"


@dataclass(frozen=True)
class Like:
    """Text that starts with, ends with or holds fixed pieces; ``%`` stands for any text."""

    operand: Expression
    pattern: str
    type: ValueType = "boolean"


@dataclass(frozen=True)
class IsNull:
    """Whether the operand has no value; never NULL itself."""

    operand: Expression
    type: ValueType = "boolean"


@dataclass(frozen=True)
class Not:
    """The other truth value; NULL stays NULL."""

    operand: Expression
    type: ValueType = "boolean"


@dataclass(frozen=True)
class Logic:
    """AND or OR of two or more conditions."""

    operator: Literal["AND", "OR"]
    operands: tuple[Expression, ...]
    type: ValueType = "boolean"


Expression = (
    FieldValue | Constant | Widen | Negate | Arithmetic | Call | Comparison | Like | IsNull | Not | Logic
)


def children(expression: Expression) -> tuple[Expression, ...]:
    """Return the direct operands of a node."""
    match expression:
        case FieldValue() | Constant():
            return ()
        case Arithmetic() | Comparison():
            return (expression.left, expression.right)
        case Call():
            return expression.arguments
        case Logic():
            return expression.operands
        case _:
            return (expression.operand,)


def fields_of(expression: Expression) -> Iterator[str]:
    """Yield the names of the fields that the tree reads, in the order of the text, repeats included."""
    if isinstance(expression, FieldValue):
        yield expression.name
    for child in children(expression):
        yield from fields_of(child)
