"""From the text of a condition to its typed tree. sqlglot parses; only what is named here passes."""

from __future__ import annotations

import math
from functools import reduce
from typing import Any, Literal, cast

from sqlglot import exp

from rules.characters import holds_control
from rules.errors import TextError, did_you_mean
from rules.expressions import (
    Arithmetic,
    ArithmeticOperator,
    Call,
    Comparison,
    ComparisonOperator,
    Constant,
    Expression,
    FeatureValue,
    FieldValue,
    FunctionName,
    IsNull,
    Like,
    Listed,
    Negate,
    Not,
    RiskLevelValue,
    ValueType,
    named_of,
)
from rules.interpreter import evaluate
from rules.names import NAME_FORM, NAME_PATTERN, Names
from rules.ranges import INTEGER_MAX, Range, RangeOverflowError, check, combined
from rules.refusals import UNSUPPORTED
from rules.syntax import syntax_tree
from rules.typed import Typed, connected, overflow, up_to_constant, widened

ARITHMETIC: dict[type, ArithmeticOperator] = {
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
    exp.Mod: "%",
}
COMPARISONS: dict[type, ComparisonOperator] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
FUNCTIONS: dict[type, FunctionName] = {exp.Abs: "ABS", exp.Coalesce: "COALESCE", exp.Length: "LENGTH"}


def parse_condition(text: str, names: Names) -> Expression:
    """Return the typed tree of a condition over ``names``.

    Raises:
        TextError: it is no condition of the subset, of the wrong type, could overflow, or reads no field.
    """
    expression = parse_expression(text, names)
    if expression.type != "boolean":
        raise TextError(f"a condition is true or false, this is of type {expression.type}", 0)
    if not any(isinstance(read, FieldValue | FeatureValue | RiskLevelValue) for read in named_of(expression)):
        raise TextError("the condition reads no field, so it is the same for every event", 0)
    return expression


def parse_expression(text: str, names: Names) -> Expression:
    """Return the typed tree of an expression of any type.

    Raises:
        TextError: it is not of the subset, its types do not fit, or it could overflow.
    """
    tree = syntax_tree(text)
    try:
        return _Converter(text, names).convert(tree).expression
    except RecursionError:
        raise TextError("the condition is nested too deeply", 0, "split it into several rules") from None


class _Converter:
    """One condition on its way from sqlglot's tree to the typed one."""

    def __init__(self, text: str, names: Names) -> None:
        self.text = text
        self.names = names

    def convert(self, node: Any) -> Typed:
        """Return the typed form of a node, calculated where it reads no field, or refuse it by name."""
        return _folded(self._typed(node))

    def _typed(self, node: Any) -> Typed:
        match node:
            case exp.Paren():
                return self.convert(node.this)
            case exp.Column():
                return self._field(node)
            case exp.Literal() | exp.Boolean() | exp.Neg():
                return self._signed(node)
            case exp.And() | exp.Or():
                return self._logic(node)
            case exp.Not():
                return self._not(node)
            case exp.Is():
                return self._is_null(node)
            case exp.In():
                return self._in(node)
            case exp.Between():
                return self._between(node)
            case exp.Like():
                return self._like(node)
        return self._operation(node)

    def _operation(self, node: Any) -> Typed:
        kind = type(node)
        if kind in ARITHMETIC:
            return self._arithmetic(ARITHMETIC[kind], self.convert(node.left), self.convert(node.right))
        if kind in COMPARISONS:
            return self._compare(COMPARISONS[kind], self.convert(node.left), self.convert(node.right))
        if kind in FUNCTIONS:
            return self._call(FUNCTIONS[kind], node)
        if kind is exp.Anonymous and str(node.this).upper() == "LISTED" and self.names.lists:
            return self._listed(node)
        raise self._unsupported(node)

    def _offset(self, node: Any) -> int:
        starts = [int(part.meta["start"]) for part in node.walk() if "start" in part.meta]
        if starts:
            return min(starts)
        found = self.text.find(str(node.this)) if isinstance(node, exp.Literal) else -1
        return max(found, 0)

    def _unsupported(self, node: Any) -> TextError:
        offset = self._offset(node)
        if isinstance(node, exp.Null):
            return TextError("a comparison with NULL is never true", offset, "write IS NULL or IS NOT NULL")
        if type(node) in UNSUPPORTED:
            return TextError(f"not supported: {UNSUPPORTED[type(node)]}", offset)
        if isinstance(node, exp.AggFunc):
            problem = f"not supported: {node.key.upper()}, because a condition reads one event"
            return TextError(problem, offset, "give it a name under features")
        name = str(node.this).upper() if isinstance(node, exp.Anonymous) else node.key.upper()
        if isinstance(node, exp.Func):
            known = [*FUNCTIONS.values(), *(["LISTED"] if self.names.lists else [])]
            return TextError(f"not supported: {name}", offset, f"functions are {', '.join(known)}")
        return TextError(f"not supported: {name}", offset)

    def _field(self, node: exp.Column) -> Typed:
        name, offset = node.name, self._offset(node)
        if node.this.args.get("quoted"):
            raise TextError(
                f'"{name}" is a quoted name', offset, "write text in single quotes, names without"
            )
        readable = self.names.readable
        if node.table or name not in readable:
            written = f"{node.table}.{name}" if node.table else name
            problem = f"unknown {self.names.noun} {written}"
            raise TextError(problem, offset, did_you_mean(name, readable))
        value = readable[name]
        return Typed(value.expression, value.range, offset, value.one_of)

    def _listed(self, node: exp.Anonymous) -> Typed:
        offset = self._offset(node)
        form = "write LISTED(field, 'list_name')"
        if len(node.expressions) != 2:
            raise TextError("LISTED takes a field and a list", offset, form)
        field, name = self.convert(node.expressions[0]), self.convert(node.expressions[1]).expression
        if not isinstance(field.expression, FieldValue) or field.type != "text":
            raise TextError("LISTED takes a field of text", offset, form)
        if not isinstance(name, Constant) or not isinstance(name.value, str):
            raise TextError("LISTED takes the name of a list in single quotes", offset, form)
        if not NAME_PATTERN.fullmatch(name.value):
            raise TextError(f"'{name.value[:64]}' is no list: {NAME_FORM}", offset)
        return Typed(Listed(field.expression, name.value), None, field.offset)

    def _signed(self, node: Any) -> Typed:
        if isinstance(node, exp.Boolean):
            return Typed(Constant(bool(node.this), "boolean"), None, 0)
        if isinstance(node, exp.Neg):
            return self._negate(node)
        if node.is_string:
            return Typed(Constant(self._text(node), "text"), None, self._offset(node))
        return self._number(node)

    def _text(self, node: exp.Literal) -> str:
        value = str(node.this)
        if holds_control(value):
            raise TextError("a text with a control character", self._offset(node))
        return value

    def _number(self, node: exp.Literal) -> Typed:
        digits, offset = str(node.this), self._offset(node)
        value = int(digits) if digits.isascii() and digits.isdigit() else _finite(digits)
        if value is None or (isinstance(value, int) and value > INTEGER_MAX):
            raise TextError(f"{digits[:40]} is too large for a 64-bit number", offset)
        kind: ValueType = "integer" if isinstance(value, int) else "number"
        return Typed(Constant(value, kind), Range(value, value), offset)

    def _negate(self, node: exp.Neg) -> Typed:
        inner = self.convert(node.this)
        self._want_numeric(inner, "-")
        assert inner.range is not None
        if isinstance(inner.expression, Constant):
            value = -cast(float, inner.expression.value)
            return Typed(Constant(value, inner.type), Range(value, value), inner.offset)
        values = self._held(inner.range.negated(), "-", inner)
        return Typed(Negate(inner.expression, inner.type), values, inner.offset)

    def _logic(self, node: exp.And | exp.Or) -> Typed:
        word: Literal["AND", "OR"] = "AND" if isinstance(node, exp.And) else "OR"
        operands = [self.convert(part) for part in node.flatten()]
        for operand in operands:
            self._want(operand, "boolean", word)
        return connected(word, operands)

    def _not(self, node: exp.Not) -> Typed:
        inner = self.convert(node.this)
        self._want(inner, "boolean", "NOT")
        return Typed(Not(inner.expression), None, inner.offset)

    def _is_null(self, node: exp.Is) -> Typed:
        inner = self.convert(node.this)
        if not isinstance(node.expression, exp.Null):
            raise TextError(
                "IS is followed by NULL or NOT NULL", inner.offset, "write the condition itself or NOT"
            )
        return Typed(IsNull(inner.expression), None, inner.offset)

    def _in(self, node: exp.In) -> Typed:
        inner = self.convert(node.this)
        if not node.expressions:
            raise TextError("IN is followed by a list of values in parentheses", inner.offset)
        options = [self._compare("=", inner, self.convert(option)) for option in node.expressions]
        return connected("OR", options)

    def _between(self, node: exp.Between) -> Typed:
        inner = self.convert(node.this)
        low = self._compare(">=", inner, self.convert(node.args["low"]))
        high = self._compare("<=", inner, self.convert(node.args["high"]))
        return connected("AND", [low, high])

    def _like(self, node: exp.Like) -> Typed:
        inner, pattern = self.convert(node.this), node.expression
        self._want(inner, "text", "LIKE")
        if not (isinstance(pattern, exp.Literal) and pattern.is_string):
            raise TextError("LIKE is followed by a text in single quotes", inner.offset)
        value = self._text(pattern)
        if "_" in value or "\\" in value:
            reason = "because the engines escape them differently"
            raise TextError(
                f"not supported: _ and \\ in a LIKE pattern, {reason}", inner.offset, "use % only"
            )
        if any(ord(character) > 0xFFFF for character in value):
            reason = "because Spark takes them for two characters"
            raise TextError(
                f"not supported: characters beyond U+FFFF in a LIKE pattern, {reason}", inner.offset
            )
        return Typed(Like(inner.expression, value), None, inner.offset)

    def _arithmetic(self, operator: ArithmeticOperator, left: Typed, right: Typed) -> Typed:
        self._want_numeric(left, operator)
        self._want_numeric(right, operator)
        left, right = self._alike(left, right, operator)
        if operator == "%" and left.type == "number":
            raise TextError("% is for whole numbers", left.offset)
        if operator in ("/", "%") and right.range == Range(0, 0):
            raise TextError(f"{operator} by zero for every event", left.offset)
        assert left.range is not None
        assert right.range is not None
        try:
            values = combined(operator, left.range, right.range, left.type)
        except RangeOverflowError:
            raise overflow(operator, left) from None
        expression = Arithmetic(operator, left.expression, right.expression, left.type)
        return Typed(expression, values, left.offset)

    def _compare(self, operator: ComparisonOperator, left: Typed, right: Typed) -> Typed:
        left, right = self._alike(left, right, operator)
        if left.type == "boolean" and operator not in ("=", "<>"):
            raise TextError(f"true and false have no order: {operator}", left.offset)
        self._check_allowed(left, right)
        self._check_allowed(right, left)
        return _folded(Typed(Comparison(operator, left.expression, right.expression), None, left.offset))

    def _check_allowed(self, side: Typed, other: Typed) -> None:
        """Refuse a text that the contract says the field never holds."""
        if side.one_of is None or not isinstance(other.expression, Constant):
            return
        value = other.expression.value
        if value not in side.one_of:
            name = next(iter(named_of(side.expression))).name
            raise TextError(f"{name} is never '{value}'", side.offset, did_you_mean(str(value), side.one_of))

    def _call(self, function: FunctionName, node: exp.Func) -> Typed:
        arguments = [self.convert(part) for part in (node.this, *node.expressions)]
        first = arguments[0]
        match function:
            case "ABS":
                self._want_numeric(first, function)
                assert first.range is not None
                call = Call("ABS", (first.expression,), first.type)
                return Typed(call, self._held(first.range.absolute(), function, first), first.offset)
            case "LENGTH":
                self._want(first, "text", function)
                return Typed(Call("LENGTH", (first.expression,), "integer"), Range(0, 2**31), first.offset)
            case "COALESCE":
                return self._coalesce(arguments)

    def _coalesce(self, arguments: list[Typed]) -> Typed:
        if len(arguments) < 2:
            raise TextError("COALESCE takes two values or more", arguments[0].offset)
        for argument in arguments[1:]:
            self._alike(arguments[0], argument, "COALESCE")
        if {argument.type for argument in arguments} == {"integer", "number"}:
            arguments = [widened(argument) for argument in arguments]
        arguments = up_to_constant(arguments)
        if len(arguments) == 1:
            return arguments[0]
        ranges = [argument.range for argument in arguments if argument.range is not None]
        joined = reduce(Range.joined, ranges) if ranges else None
        call = Call("COALESCE", tuple(argument.expression for argument in arguments), arguments[0].type)
        return Typed(call, joined, arguments[0].offset)

    def _alike(self, left: Typed, right: Typed, operator: str) -> tuple[Typed, Typed]:
        if left.type == right.type:
            return left, right
        if {left.type, right.type} == {"integer", "number"}:
            return widened(left), widened(right)
        raise TextError(f"{operator} takes values of one type, not {left.type} and {right.type}", left.offset)

    def _held(self, values: Range, operator: str, operand: Typed) -> Range:
        try:
            check(values, operand.type)
        except RangeOverflowError:
            raise overflow(operator, operand) from None
        return values

    def _want(self, typed: Typed, wanted: ValueType, operator: str) -> None:
        if typed.type != wanted:
            raise TextError(f"{operator} takes {wanted}, not {typed.type}", typed.offset)

    def _want_numeric(self, typed: Typed, operator: str) -> None:
        if typed.range is None:
            raise TextError(f"{operator} takes numbers, not {typed.type}", typed.offset)


def _folded(typed: Typed) -> Typed:
    """Calculate what reads nothing."""
    if isinstance(typed.expression, Constant) or any(True for _ in named_of(typed.expression)):
        return typed
    value = evaluate(typed.expression, {})
    assert value is not None
    return Typed(Constant(value, typed.type), typed.range, typed.offset)


def _finite(digits: str) -> float | None:
    value = float(digits)
    return value if math.isfinite(value) else None
