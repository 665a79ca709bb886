"""An expression as text of the rule language, always in the same form: what digests are made of."""

from __future__ import annotations

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


def canonical_text(expression: Expression) -> str:
    """Return a text that parses to an equal tree; the same for equal trees."""
    text = _written(expression)
    return text[1:-1] if text.startswith("(") else text


def quoted(text: str) -> str:
    """A text between single quotes, as a rule writes it."""
    doubled = text.replace("'", "''")
    return f"'{doubled}'"


def _written(expression: Expression) -> str:
    match expression:
        case FieldValue() | FeatureValue() | ParameterValue() | RiskLevelValue():
            return expression.name
        case Constant(value=value):
            return _constant(value)
        case Widen(operand=operand):
            return _written(operand)
        case Logic(operator=word, operands=operands):
            return "(" + f" {word} ".join(_written(operand) for operand in operands) + ")"
        case Arithmetic() | Comparison():
            return f"({_written(expression.left)} {expression.operator} {_written(expression.right)})"
        case Call(function=function, arguments=arguments):
            return f"{function}({', '.join(_written(argument) for argument in arguments)})"
        case Listed(operand=operand, list=name):
            return f"LISTED({operand.name}, {quoted(name)})"
        case Negate(operand=operand):
            return f"(- {_written(operand)})"
        case Not(operand=operand):
            return f"(NOT {_written(operand)})"
        case IsNull(operand=operand):
            return f"({_written(operand)} IS NULL)"
        case Like(operand=operand, pattern=pattern):
            return f"({_written(operand)} LIKE {quoted(pattern)})"


def _constant(value: str | int | float | bool) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return quoted(value) if isinstance(value, str) else repr(value)
