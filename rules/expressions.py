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
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from rules.features import Feature

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
class FeatureValue:
    """The value of a windowed feature; ``name`` is what the rule calls it."""

    feature: Feature
    name: str

    @property
    def type(self) -> ValueType:
        """The type of the feature's value."""
        return self.feature.type

    @property
    def column(self) -> str:
        """The column that holds it, the same for every rule that reads the feature."""
        return self.feature.column


@dataclass(frozen=True)
class ParameterValue:
    """The value of a rule's parameter that is in force at the event's time; never NULL.

    The default holds where no fact is in force, or one that does not fit ``low <= value <= high``.
    """

    rule_id: str
    name: str
    type: ValueType
    default: int | float
    low: int | float
    high: int | float

    @property
    def dotted_name(self) -> str:
        """``<rule_id>.<name>``: what dated facts call it."""
        return f"{self.rule_id}.{self.name}"

    @property
    def column(self) -> str:
        """The column that holds it where the engine provides one."""
        return f"parameter.{self.dotted_name}"


@dataclass(frozen=True)
class RiskLevelValue:
    """The user's risk level in force at the event's time, as the batch said it; NULL where it said none."""

    name: str = "user_risk_level"
    type: ValueType = "text"

    @property
    def column(self) -> str:
        """The column that holds it where the engine provides one."""
        return self.name


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
class Listed:
    """Whether the value of a text field is on a list at the event's time; NULL for a NULL field."""

    operand: FieldValue
    list: str
    type: ValueType = "boolean"

    @property
    def column(self) -> str:
        """The column that holds it where the engine provides one."""
        return f"listed.{self.list}.{self.operand.name}"


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


Named = FieldValue | FeatureValue | ParameterValue | RiskLevelValue
"""What a condition or a message reads by a name."""

Expression = (
    Named | Constant | Widen | Negate | Arithmetic | Call | Comparison | Like | Listed | IsNull | Not | Logic
)


def mode_column(rule_id: str) -> str:
    """Return the column that holds a rule's mode (on, off, shadow) where the engine provides one."""
    return f"mode.{rule_id}"


def children(expression: Expression) -> tuple[Expression, ...]:
    """Return the direct operands of a node."""
    match expression:
        case FieldValue() | FeatureValue() | ParameterValue() | RiskLevelValue() | Constant():
            return ()
        case Arithmetic() | Comparison():
            return (expression.left, expression.right)
        case Call():
            return expression.arguments
        case Logic():
            return expression.operands
        case _:
            return (expression.operand,)


def nodes_of(expression: Expression) -> Iterator[Expression]:
    """Yield the tree's nodes, each before its operands, in the order of the text."""
    yield expression
    for child in children(expression):
        yield from nodes_of(child)


def named_of(expression: Expression) -> Iterator[Named]:
    """Yield what the tree reads by a name, repeats included."""
    for node in nodes_of(expression):
        if isinstance(node, FieldValue | FeatureValue | ParameterValue | RiskLevelValue):
            yield node


def listed_of(expression: Expression) -> Iterator[Listed]:
    """Yield the questions about lists in the tree, repeats included."""
    for node in nodes_of(expression):
        if isinstance(node, Listed):
            yield node


def fields_of(expression: Expression) -> Iterator[str]:
    """Yield the names of the fields that the tree reads, repeats included; those of features are not read."""
    for node in named_of(expression):
        if isinstance(node, FieldValue):
            yield node.name
