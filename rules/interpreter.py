"""Plain Python evaluation of a typed tree over one event: the oracle of both engines."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from rules.expressions import (
    Arithmetic,
    Call,
    Comparison,
    Constant,
    Expression,
    FeatureValue,
    FieldValue,
    IsNull,
    Like,
    Listed,
    Logic,
    Negate,
    Not,
    ParameterValue,
    RiskLevelValue,
    Widen,
)

Value = str | int | float | bool | None

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def evaluate(expression: Expression, event: Mapping[str, Value]) -> Value:
    """Return the value of the tree for an event; an absent field is NULL (None).

    ``event`` holds fields by name, and beside them the columns of the features, parameters and
    lists that the tree reads, by the ``column`` of their nodes.
    """
    match expression:
        case FieldValue(name=name):
            return event.get(name)
        case FeatureValue() | ParameterValue() | RiskLevelValue() | Listed():
            return event.get(expression.column)
        case Constant(value=value):
            return value
        case Logic(operator=word, operands=operands):
            return _logic(word, [evaluate(operand, event) for operand in operands])
        case IsNull(operand=operand):
            return evaluate(operand, event) is None
        case Call(function="COALESCE", arguments=arguments):
            values = (evaluate(argument, event) for argument in arguments)
            return next((value for value in values if value is not None), None)
        case _:
            return _strict(expression, event)


def fires(condition: Expression, event: Mapping[str, Value]) -> bool:
    """Whether the condition is TRUE for the event: NULL is not."""
    return evaluate(condition, event) is True


def _strict(expression: Expression, event: Mapping[str, Value]) -> Value:
    """Evaluate a node that is NULL as soon as one operand is."""
    match expression:
        case Arithmetic(operator=sign, left=left, right=right):
            return _binary(_ARITHMETIC[sign], left, right, event)
        case Comparison(operator=sign, left=left, right=right):
            return _binary(_COMPARE[sign], left, right, event)
        case Call(function=function, arguments=(operand,)):
            return _unary(abs if function == "ABS" else len, operand, event)
        case Widen(operand=operand):
            return _unary(float, operand, event)
        case Negate(operand=operand):
            return _unary(operator.neg, operand, event)
        case Not(operand=operand):
            return _unary(operator.not_, operand, event)
        case Like(operand=operand, pattern=pattern):
            return _unary(lambda text: _like(text, pattern.split("%")), operand, event)
    raise TypeError(f"no evaluation for {type(expression).__name__}")


def _unary(function: Callable[[Any], Value], operand: Expression, event: Mapping[str, Value]) -> Value:
    value = evaluate(operand, event)
    return None if value is None else function(value)


def _binary(
    function: Callable[[Any, Any], Value], left: Expression, right: Expression, event: Mapping[str, Value]
) -> Value:
    first, second = evaluate(left, event), evaluate(right, event)
    return None if first is None or second is None else function(first, second)


def _logic(word: str, values: list[Value]) -> bool | None:
    decisive = word == "OR"
    if any(value is decisive for value in values):
        return decisive
    return None if None in values else not decisive


def _divide(left: int | float, right: int | float) -> int | float | None:
    if right == 0:
        return None
    if isinstance(left, float):
        return left / right
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


def _remainder(left: int, right: int) -> int | None:
    if right == 0:
        return None
    remainder = abs(left) % abs(right)
    return -remainder if left < 0 else remainder


_ARITHMETIC: dict[str, Callable[[Any, Any], Value]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divide,
    "%": _remainder,
}


def _like(text: str, pieces: list[str]) -> bool:
    """Match the pieces between ``%`` greedily from the left; the last one ends the text."""
    if len(pieces) == 1:
        return text == pieces[0]
    if not text.startswith(pieces[0]) or not text[len(pieces[0]) :].endswith(pieces[-1]):
        return False
    place, end = len(pieces[0]), len(text) - len(pieces[-1])
    for piece in pieces[1:-1]:
        found = text.find(piece, place, end)
        if found < 0:
            return False
        place = found + len(piece)
    return place <= end
