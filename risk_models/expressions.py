"""Derived columns of a mapping: ``bill_1 / credit_limit``, ``max(delay_1, delay_2)``.

A small arithmetic over columns, read with :mod:`ast` and checked node by node, so that a
mapping can compute and can do nothing else. Division by zero gives a missing value.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from risk_models.errors import DataError

_OPERATORS: Mapping[type[ast.operator], Callable[[pd.Series, pd.Series], pd.Series]] = {
    ast.Add: lambda left, right: left + right,
    ast.Sub: lambda left, right: left - right,
    ast.Mult: lambda left, right: left * right,
    ast.Div: lambda left, right: left / right,
}
_FUNCTIONS: Mapping[str, Callable[[pd.DataFrame], pd.Series]] = {
    "max": lambda values: values.max(axis=1),
    "min": lambda values: values.min(axis=1),
    "mean": lambda values: values.mean(axis=1),
    "sum": lambda values: values.sum(axis=1, min_count=1),
    "count_above": lambda values: values.iloc[:, 1:].gt(values.iloc[:, 0], axis=0).sum(axis=1).astype(float),
}
TEXT_LENGTH_MAX = 500


def evaluate(text: str, columns: pd.DataFrame) -> pd.Series:
    """Return the value of ``text`` for each row of ``columns``, as float64.

    ``count_above(limit, a, b, ...)`` counts the values above a limit.

    Raises:
        DataError: the text is not such an expression, or names a column that isn't there.
    """
    if len(text) > TEXT_LENGTH_MAX:
        raise DataError(f"expression: expected at most {TEXT_LENGTH_MAX} characters, got {len(text)}")
    try:
        tree = ast.parse(text, mode="eval")
    except SyntaxError as error:
        raise DataError(f"expression {text!r}: {error.msg} at column {error.offset}") from None
    values = _value(tree.body, columns, text).replace([np.inf, -np.inf], np.nan)
    return values.astype("float64")


def _value(node: ast.expr, columns: pd.DataFrame, text: str) -> pd.Series:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return pd.Series(float(node.value), index=columns.index)
    if isinstance(node, ast.Name):
        return _column(node.id, columns, text)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand, columns, text)
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        left, right = _value(node.left, columns, text), _value(node.right, columns, text)
        return _OPERATORS[type(node.op)](left, right)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        return _call(node.func.id, [_value(argument, columns, text) for argument in node.args], text)
    allowed = f"columns, numbers, + - * / and {', '.join(_FUNCTIONS)}"
    raise DataError(f"expression {text!r}: expected {allowed}")


def _call(name: str, arguments: list[pd.Series], text: str) -> pd.Series:
    if name not in _FUNCTIONS or len(arguments) < 2:
        known = ", ".join(_FUNCTIONS)
        raise DataError(
            f"expression {text!r}: expected one of {known} with two or more arguments, got {name}"
        )
    return _FUNCTIONS[name](pd.concat(arguments, axis=1))


def _column(name: str, columns: pd.DataFrame, text: str) -> pd.Series:
    if name not in columns:
        raise DataError(
            f"expression {text!r}: there is no column {name} among {', '.join(map(str, columns))}"
        )
    return pd.to_numeric(columns[name], errors="coerce")
