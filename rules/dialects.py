"""Flink SQL and Spark SQL from one typed tree. Every difference between the two stands in this file.

* Whole numbers: a Flink literal is INT and INT arithmetic wraps at 32 bits, so literals are cast
  to BIGINT; Spark writes ``5L``.
* Whole division: ``/`` in Flink, ``DIV`` in Spark (whose ``/`` is a double). Both throw on zero,
  so divisors go through NULLIF.
* Text order: Flink compares by UTF-16 code unit or by UTF-8 byte, whichever form the value has at
  the moment; the hexadecimal form of UTF-8 gives code point order always. Spark compares bytes.
* Text literals: Flink doubles quotes, Spark reads backslash escapes.
* Boolean as text: Flink writes TRUE, Spark true; both are written out here.
* Dated facts (parameters, lists, a rule's mode, a user's risk level): functions of the event's time
  and of how much of the facts was known in Flink; columns that the batch provides in Spark.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

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
    ValueType,
    Widen,
    mode_column,
)

Engine = Literal["flink", "spark"]


@dataclass(frozen=True)
class Dialect:
    """What both engines write alike; the subclasses hold what they don't."""

    def column(self, name: str) -> str:
        """A field of the parsed event."""
        return f"`{name}`"

    def constant(self, value: str | int | float | bool) -> str:
        """A value written in a rule."""
        if isinstance(value, bool):
            return "TRUE" if value else "FALSE"
        if isinstance(value, int):
            return self.integer(value)
        return self.number(value) if isinstance(value, float) else self.text(value)

    def integer(self, value: int) -> str:
        """A 64-bit whole number."""
        raise TypeError(type(self).__name__)

    def number(self, value: float) -> str:
        """A double."""
        raise TypeError(type(self).__name__)

    def text(self, value: str) -> str:
        """A text literal that nothing in ``value`` can leave."""
        raise TypeError(type(self).__name__)

    def ordered_text(self, sql: str) -> str:
        """A form of a text that the engine orders by code point."""
        raise TypeError(type(self).__name__)

    def whole_quotient(self, left: str, right: str) -> str:
        """Quotient truncated toward zero; ``right`` is never zero."""
        raise TypeError(type(self).__name__)

    def parameter(self, value: ParameterValue) -> str:
        """A parameter's value in force at the event's time."""
        raise TypeError(type(self).__name__)

    def listed(self, value: Listed) -> str:
        """Whether a field's value is on a list at the event's time."""
        raise TypeError(type(self).__name__)

    def mode(self, rule_id: str) -> str:
        """A rule's mode in force at the event's time: on, off or shadow."""
        raise TypeError(type(self).__name__)

    def risk_level(self, value: RiskLevelValue) -> str:
        """The user's risk level in force at the event's time, or NULL."""
        raise TypeError(type(self).__name__)

    def as_text(self, sql: str, kind: ValueType) -> str:
        """A value inside an alert's message; NULL reads ``null``."""
        if kind == "boolean":
            return f"CASE WHEN {sql} THEN 'true' WHEN NOT {sql} THEN 'false' ELSE 'null' END"
        return f"COALESCE(CAST({sql} AS STRING), 'null')"

    def concatenated(self, parts: list[str]) -> str:
        """Texts, none of them NULL, one behind the other."""
        return f"CONCAT({', '.join(parts)})" if len(parts) > 1 else parts[0]

    def render(self, expression: Expression) -> str:
        """Return the expression as SQL text, every operand in parentheses of its own."""
        match expression:
            case FieldValue(name=name):
                return self.column(name)
            case FeatureValue():
                return self.column(expression.column)
            case ParameterValue():
                return self.parameter(expression)
            case RiskLevelValue():
                return self.risk_level(expression)
            case Listed():
                return self.listed(expression)
            case Constant(value=value):
                return self.constant(value)
            case Logic(operator=word, operands=operands):
                return "(" + f" {word} ".join(self.render(operand) for operand in operands) + ")"
            case Comparison():
                return self._comparison(expression)
            case Arithmetic():
                return self._arithmetic(expression)
            case Call():
                return self._call(expression)
            case Like(operand=operand, pattern=pattern):
                return f"({self.render(operand)} LIKE {self.text(pattern)})"
            case _:
                return self._unary(expression)

    def _unary(self, expression: Widen | Negate | IsNull | Not) -> str:
        operand = self.render(expression.operand)
        match expression:
            case Widen():
                return f"CAST({operand} AS DOUBLE)"
            case Negate():
                return f"(- {operand})"
            case IsNull():
                return f"({operand} IS NULL)"
            case Not():
                return f"(NOT {operand})"

    def _comparison(self, expression: Comparison) -> str:
        left, right = self.render(expression.left), self.render(expression.right)
        if expression.left.type == "text" and expression.operator not in ("=", "<>"):
            left, right = self.ordered_text(left), self.ordered_text(right)
        return f"({left} {expression.operator} {right})"

    def _arithmetic(self, expression: Arithmetic) -> str:
        left, right = self.render(expression.left), self.render(expression.right)
        whole = expression.type == "integer"
        if expression.operator in ("/", "%"):
            right = f"NULLIF({right}, {self.integer(0) if whole else self.number(0.0)})"
        if expression.operator == "%":
            return f"MOD({left}, {right})"
        if expression.operator == "/" and whole:
            return self.whole_quotient(left, right)
        return f"({left} {expression.operator} {right})"

    def _call(self, expression: Call) -> str:
        name = "CHAR_LENGTH" if expression.function == "LENGTH" else expression.function
        arguments = ", ".join(self.render(argument) for argument in expression.arguments)
        call = f"{name}({arguments})"
        return f"CAST({call} AS BIGINT)" if expression.function == "LENGTH" else call


class FlinkDialect(Dialect):
    """Flink 2.2 SQL."""

    def integer(self, value: int) -> str:
        """A 64-bit whole number."""
        return f"CAST({value} AS BIGINT)"

    def number(self, value: float) -> str:
        """A double: only a literal with an exponent is one."""
        digits = repr(value)
        return f"CAST({digits if 'e' in digits else digits + 'E0'} AS DOUBLE)"

    def text(self, value: str) -> str:
        """A text literal that nothing in ``value`` can leave."""
        doubled = value.replace("'", "''")
        return f"'{doubled}'"

    def ordered_text(self, sql: str) -> str:
        """A form of a text that the engine orders by code point."""
        return f"HEX({sql})"

    def whole_quotient(self, left: str, right: str) -> str:
        """Quotient truncated toward zero; ``right`` is never zero."""
        return f"({left} / {right})"

    def parameter(self, value: ParameterValue) -> str:
        """A parameter's value in force at the event's time."""
        bounds = (self.constant(bound) for bound in (value.default, value.low, value.high))
        return self._fact(f"parameter_{value.type}", self.text(value.dotted_name), *bounds)

    def listed(self, value: Listed) -> str:
        """Whether a field's value is on a list at the event's time."""
        return self._fact("listed", self.text(value.list), self.column(value.operand.name))

    def mode(self, rule_id: str) -> str:
        """A rule's mode in force at the event's time: on, off or shadow."""
        return self._fact("rule_mode", self.text(rule_id))

    def risk_level(self, value: RiskLevelValue) -> str:
        """The user's risk level in force at the event's time, or NULL."""
        return self._fact(value.name, self.column("user_id"))

    def superseded(self, rule_id: str, from_event_time_ms: int, compiled_offset: int) -> str:
        """Whether a version said behind an offset of the facts is in force at the event's time instead."""
        known = (self.integer(from_event_time_ms), self.integer(compiled_offset))
        return self._fact("rule_superseded", self.text(rule_id), *known)

    def _fact(self, function: str, *arguments: str) -> str:
        known = (self.column("event_time_ms"), self.column("facts_offset"))
        return f"{function}({', '.join((*arguments, *known))})"


class SparkDialect(Dialect):
    """Spark 4.0 SQL, ANSI mode on or off."""

    def integer(self, value: int) -> str:
        """A 64-bit whole number."""
        return f"{value}L"

    def number(self, value: float) -> str:
        """A double."""
        return f"{value!r}D"

    def text(self, value: str) -> str:
        """A text literal that nothing in ``value`` can leave."""
        escaped = value.replace("\\", "\\\\").replace("'", "\\'")
        return f"'{escaped}'"

    def ordered_text(self, sql: str) -> str:
        """A form of a text that the engine orders by code point."""
        return sql

    def whole_quotient(self, left: str, right: str) -> str:
        """Quotient truncated toward zero; ``right`` is never zero."""
        return f"({left} DIV {right})"

    def parameter(self, value: ParameterValue) -> str:
        """A parameter's value in force at the event's time."""
        return self.column(value.column)

    def listed(self, value: Listed) -> str:
        """Whether a field's value is on a list at the event's time."""
        return self.column(value.column)

    def mode(self, rule_id: str) -> str:
        """A rule's mode in force at the event's time: on, off or shadow."""
        return self.column(mode_column(rule_id))

    def risk_level(self, value: RiskLevelValue) -> str:
        """The user's risk level in force at the event's time, or NULL."""
        return self.column(value.column)


DIALECTS: dict[Engine, Dialect] = {"flink": FlinkDialect(), "spark": SparkDialect()}
