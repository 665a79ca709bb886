"""Generated expressions over a table of nasty values, for the parity of the engines.

Hypothesis makes them, from a fixed seed: thousands go to the engines in one query, so nothing is shrunk.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from contract.events import Field
from rules.conditions import parse_expression
from rules.errors import TextError
from rules.expressions import Expression, FeatureValue, FieldValue, Listed, ParameterValue, ValueType
from rules.feature_values import feature_range
from rules.features import DAY_MS, Feature, FeatureFunction
from rules.names import Names, Readable, names_of_fields
from rules.ranges import Range

INTEGER_MAX = 2**63 - 1
IS_LISTED = "LISTED(city, 'watched')"
LEFT_OUT = ("overflow", "by zero for every event")
Row = dict[str, str | int | float | bool | None]

FIELDS = {
    "whole": Field("whole", "integer", False, "", min=-INTEGER_MAX, max=INTEGER_MAX),
    "small": Field("small", "integer", False, "", min=-100, max=100),
    "cents": Field("cents", "integer", False, "", min=0, max=99_999_999_999_999),
    "degrees": Field("degrees", "number", False, "", min=-180, max=180),
    "wide": Field("wide", "number", False, "", min=-(10**300), max=10**300),
    "city": Field("city", "text", False, "", max_length=64),
    "status": Field("status", "text", False, "", max_length=64),
    "flag": Field("flag", "boolean", False, ""),
    "is_fraud": Field("is_fraud", "boolean", False, ""),
}
TEXTS = [
    "", "a", "A", "b", "ab", "a%", "a_c", "it's", "\\", "\\'", "a\\b", "ä", "é", "e\u0301", "ß", "ZZ",
    " ", "a ", "\uffee", "\ue000", "\U0001f600", "\U0001f600x", "null", "TRUE", "0", "--", "/*", "{x}", "ab%",
]  # fmt: skip
VALUES: dict[str, list[str | int | float | bool | None]] = {
    "whole": [None, 0, 1, -1, INTEGER_MAX, -INTEGER_MAX, 2**53, 2**53 + 1, 2**31, -(2**31) - 1],
    "small": [None, 0, 1, -1, 2, 7, -7, 100, -100],
    "cents": [None, 0, 1, 2, 99_999_999_999_999, 2**31, 1_500_000],
    "degrees": [None, 0.0, -0.0, 180.0, -180.0, 0.1, 1e-300, 5e-324, -33.33333333333333],
    "wide": [None, 0.0, -0.0, 1e300, -1e300, 5e-324, 1.5, float(2**53), -0.1],
    "city": [None, *TEXTS],
    "status": [None, *TEXTS],
    "flag": [None, True, False],
    "is_fraud": [None, True, False],
}


def _column(value: Readable) -> str:
    node = value.expression
    return node.name if isinstance(node, FieldValue) else node.column


def _feature(name: str, function: FeatureFunction, field: str | None, kind: ValueType) -> Readable:
    feature = Feature(function, field, "transaction", None, "card_id", DAY_MS, 0, kind)
    return Readable(FeatureValue(feature, name), feature_range(feature, FIELDS[field] if field else None))


def _parameter(name: str, kind: ValueType, low: float, high: float) -> Readable:
    return Readable(ParameterValue("a_rule", name, kind, low, low, high), Range(low, high))


READ = {
    **names_of_fields(FIELDS.values()),
    "uses": _feature("uses", "COUNT", None, "integer"),
    "spent": _feature("spent", "SUM", "whole", "integer"),
    "mean": _feature("mean", "AVG", "cents", "number"),
    "speed": _feature("speed", "SPEED_KMH", None, "number"),
    "city_before": _feature("city_before", "PREVIOUS", "city", "text"),
    "flag_before": _feature("flag_before", "PREVIOUS", "flag", "boolean"),
    "uses_max": _parameter("uses_max", "integer", -100, 100),
    "share": _parameter("share", "number", 0.0, 1.0),
}
NAMES = Names(READ, lists=True)
LISTED = Listed(FieldValue("city", "text"), "watched")
VALUES |= {
    "uses": [None, 0, 1, 7, 2**31],
    "spent": [None, 0, 2**63 - 1, -(2**63), -1],
    "mean": [None, 0.0, 1e14, 33.333333333333336],
    "speed": [None, 0.0, 72_057_600_000.0, 1e-12],
    "city_before": VALUES["city"],
    "flag_before": VALUES["flag"],
    "uses_max": [-100, 0, 7, 100],
    "share": [0.0, 0.1, 1.0],
}
COLUMNS = {name: _column(value) for name, value in READ.items()}
TYPES: dict[str, str] = {COLUMNS[name]: value.expression.type for name, value in READ.items()}
TYPES[LISTED.column] = "boolean"


TRIED_FOR_ONE = 2
"""Hypothesis gives the same example more than once."""
DRAWN: dict[str, st.SearchStrategy[Any]] = {
    "whole": st.integers(-INTEGER_MAX, INTEGER_MAX),
    "small": st.integers(-100, 100),
    "cents": st.integers(0, 99_999_999_999_999),
    "degrees": st.floats(-180, 180),
    "wide": st.floats(-1e300, 1e300),
    "city": st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=5),
    "status": st.text("aAb%_\\'é", max_size=4),
    "mean": st.floats(0, 1e14),
    "share": st.floats(0, 1),
}


def _drawn(count: int, of: st.SearchStrategy[Any], seed_number: int, take: Callable[[Any], None]) -> None:
    """Give so many examples to ``take``."""

    @seed(seed_number)
    @settings(
        max_examples=count, phases=[Phase.generate], database=None, deadline=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(of)
    def draw(example: Any) -> None:
        take(example)

    draw()


def _cell(name: str) -> st.SearchStrategy[Any]:
    nasty = st.sampled_from(VALUES[name])
    return nasty | DRAWN[name] if name in DRAWN else nasty


@cache
def rows(count: int, seed_number: int) -> list[Row]:
    """Rows of extremes and NULLs in chance company."""
    made: list[Row] = []
    cells = {COLUMNS[name]: _cell(name) for name in READ} | {LISTED.column: st.booleans()}
    _drawn(count, st.fixed_dictionaries(cells), seed_number, made.append)
    for row in made:
        if row["city"] is None:
            row[LISTED.column] = None
    return made


@cache
def expressions(count: int, seed_number: int) -> dict[str, Expression]:
    """Different texts with their trees; those that are refused for good reason are left out."""
    texts: dict[str, None] = {}

    def take(chance: random.Random) -> None:
        texts[_Maker(chance).any(3)] = None

    _drawn(TRIED_FOR_ONE * count, st.randoms(use_true_random=False), seed_number, take)
    made: dict[str, Expression] = {}
    for text in texts:
        try:
            made[text] = parse_expression(text, NAMES)
        except TextError as error:
            if not any(word in error.problem for word in LEFT_OUT):
                raise AssertionError(f"{text}: {error.problem}") from error
    assert len(made) >= count, f"only {len(made)} different expressions"
    return dict(list(made.items())[:count])


class _Maker:
    def __init__(self, chance: random.Random) -> None:
        self.chance = chance

    def any(self, depth: int) -> str:
        kinds = [self.boolean, self.boolean, self.boolean, self.integer, self.number]
        return self.chance.choice(kinds)(depth)

    def boolean(self, depth: int) -> str:
        if depth <= 0:
            return self.chance.choice(
                ["flag", "is_fraud", "flag IS NULL", "city = status", "TRUE", "flag_before", IS_LISTED]
            )
        word = self.chance.choice(["AND", "OR"])
        sign = self.chance.choice(["=", "<>", "<", "<=", ">", ">=", "!="])
        inside = depth - 1
        kind = self.chance.choice([self.integer, self.number, self.text])
        options = [
            lambda: f"({self.boolean(inside)} {word} {self.boolean(inside)})",
            lambda: f"NOT ({self.boolean(inside)})",
            lambda: f"({kind(inside)} {sign} {kind(inside)})",
            lambda: f"({self.text(inside)} {sign} {self.text(inside)})",
            lambda: f"({kind(inside)} IS NULL)",
            lambda: f"({kind(inside)} IS NOT NULL)",
            lambda: f"(({self.boolean(inside)}) IS NULL)",
            lambda: f"({kind(inside)} BETWEEN {kind(inside)} AND {kind(inside)})",
            lambda: f"({self.text(inside)} NOT IN ({self.literal()}, {self.literal()}, {self.literal()}))",
            lambda: f"({self.integer(inside)} IN (0, 7, {self.integer(inside)}))",
            lambda: f"({self.text(inside)} LIKE {self.pattern()})",
            lambda: f"(({self.boolean(inside)}) = ({self.boolean(inside)}))",
            lambda: f"COALESCE({self.boolean(inside)}, {self.boolean(inside)})",
        ]
        return self.chance.choice(options)()

    def integer(self, depth: int) -> str:
        if depth <= 0:
            constants = ["0", "1", "-1", "7", "2147483648", "9223372036854775807"]
            fields = ["whole", "small", "small", "cents", "cents", "uses", "spent", "uses_max"]
            return self.chance.choice([*fields, *constants])
        sign, inside = self.chance.choice("+-*/%"), depth - 1
        options = [
            lambda: f"({self.integer(inside)} {sign} {self.integer(inside)})",
            lambda: f"({self.integer(0)} {sign} {self.integer(0)})",
            lambda: f"(- {self.integer(inside)})",
            lambda: f"ABS({self.integer(inside)})",
            lambda: f"LENGTH({self.text(inside)})",
            lambda: f"COALESCE({self.integer(inside)}, {self.integer(inside)})",
        ]
        return self.chance.choice(options)()

    def number(self, depth: int) -> str:
        if depth <= 0:
            constants = ["0.1", "1e-7", "2.5", "0.0", "1e22", "123456789.125"]
            return self.chance.choice(["degrees", "wide", "mean", "speed", "share", *constants])
        sign, inside = self.chance.choice("+-*/"), depth - 1
        options = [
            lambda: f"({self.number(inside)} {sign} {self.number(inside)})",
            lambda: f"({self.number(inside)} {sign} {self.integer(inside)})",
            lambda: f"({self.integer(inside)} {sign} {self.number(inside)})",
            lambda: f"(- {self.number(inside)})",
            lambda: f"ABS({self.number(inside)})",
            lambda: f"COALESCE({self.number(inside)}, {self.integer(inside)})",
        ]
        return self.chance.choice(options)()

    def text(self, depth: int) -> str:
        if depth <= 0:
            return self.chance.choice(["city", "status", "city_before", self.literal()])
        return self.chance.choice([self.text(0), f"COALESCE({self.text(0)}, {self.text(0)})"])

    def literal(self) -> str:
        return "'" + self.chance.choice(TEXTS).replace("'", "''") + "'"

    def pattern(self) -> str:
        pieces = [self.chance.choice(["a", "%", "b", "it''s", "ä", "%", "\uffee"]) for _ in range(3)]
        return "'" + "".join(pieces) + "'"
