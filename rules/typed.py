"""An expression on its way through the checks of types and ranges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rules.errors import TextError
from rules.expressions import Constant, Expression, Logic, ValueType, Widen
from rules.ranges import Range


@dataclass(frozen=True)
class Typed:
    """An expression with the range of its values (None unless it is a number), its place, its only texts."""

    expression: Expression
    range: Range | None
    offset: int
    one_of: tuple[str, ...] | None = None

    @property
    def type(self) -> ValueType:
        """The type of the expression's value."""
        return self.expression.type


def widened(typed: Typed) -> Typed:
    """Return a number as a double."""
    if typed.type == "number":
        return typed
    assert typed.range is not None
    expression = typed.expression
    wide = (
        Constant(float(expression.value), "number") if isinstance(expression, Constant) else Widen(expression)
    )
    return Typed(wide, typed.range.widened(), typed.offset)


def up_to_constant(arguments: list[Typed]) -> list[Typed]:
    """Leave out what stands behind a constant: it has no effect, and Flink's planner can fail on it."""
    for count, argument in enumerate(arguments, start=1):
        if isinstance(argument.expression, Constant):
            return arguments[:count]
    return arguments


def connected(word: Literal["AND", "OR"], operands: Sequence[Typed]) -> Typed:
    """Join conditions; a constant decides or drops out: Flink's planner can fail on it inside others."""
    deciding = word == "OR"
    values = [_constant(operand) for operand in operands]
    if deciding in values:
        return operands[values.index(deciding)]
    open_ones = [operand for operand, value in zip(operands, values, strict=True) if value is None]
    if len(open_ones) < 2:
        return (open_ones or operands)[0]
    expression = Logic(word, tuple(operand.expression for operand in open_ones))
    return Typed(expression, None, operands[0].offset)


def _constant(typed: Typed) -> bool | None:
    expression = typed.expression
    return bool(expression.value) if isinstance(expression, Constant) else None


def overflow(operator: str, left: Typed) -> TextError:
    """Return the error of an operation that could leave what its type holds."""
    held = "64 bits" if left.type == "integer" else "a double"
    problem = f"{operator} could overflow {held} for values that the contract allows"
    return TextError(problem, left.offset, "divide first, or compare smaller terms")
