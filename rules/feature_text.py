"""From text to feature: FUNCTION [OF type] [WHERE condition] BY key OVER n UNIT [STEP n UNIT]."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn, cast

from sqlglot.tokens import Token, TokenType

from contract.events import EventType, Field
from rules.conditions import parse_condition
from rules.errors import TextError, did_you_mean
from rules.expressions import Expression, ValueType
from rules.feature_values import TYPES_OF_FIELD, result_type
from rules.features import (
    DAY_MS,
    FIELDS_OF_PLACES,
    FUNCTIONS,
    FUNCTIONS_OF_PLACES,
    UNITS_MS,
    WINDOW_MS_MAX,
    WINDOW_MS_MIN,
    Feature,
    FeatureFunction,
)
from rules.names import Names, names_of_fields
from rules.ranges import RangeOverflowError
from rules.syntax import tokens_of

FEATURE_FORM = "write FUNCTION [OF type] [WHERE condition] BY key OVER n UNIT [STEP n UNIT]"
CLAUSES = ("OF", "WHERE", "BY", "OVER", "STEP")
OWN_TO_EACH_EVENT = ("event_id", "event_type")
LITERAL_TOKENS = (TokenType.STRING, TokenType.IDENTIFIER)


@dataclass(frozen=True)
class _Clause:
    """One clause with its place: the text behind its word."""

    text: str
    offset: int

    @property
    def start(self) -> int:
        return self.offset + len(self.text) - len(self.text.lstrip())

    @property
    def word(self) -> str:
        return self.text.strip()


def parse_feature(text: str, event_type: EventType, event_types: Mapping[str, EventType]) -> Feature:
    """Return the feature of a rule on ``event_type``.

    Raises:
        TextError: it has another form, reads what is not there, or its window is none.
    """
    clauses = _clauses(text)
    source = event_type if "OF" not in clauses else _source_type(clauses["OF"], event_types)
    fields = {field.name: field for field in source.fields}
    own = {field.name: field for field in event_type.fields}
    function, field = _call(clauses[""], fields)
    _check_own_fields(function, field, source, own, clauses[""])
    window_ms = _duration_ms(clauses["OVER"], "a window", WINDOW_MS_MIN, WINDOW_MS_MAX)
    return Feature(
        function=function,
        field=field.name if field else None,
        source_type=source.name,
        filter=_filter(clauses.get("WHERE"), fields),
        key=_key(clauses["BY"], fields, own, event_type.name),
        window_ms=window_ms,
        step_ms=_step_ms(clauses.get("STEP"), window_ms),
        type=_type(function, field, clauses[""]),
    )


def _clauses(text: str) -> dict[str, _Clause]:
    places: list[tuple[str, int, int]] = [("", 0, 0)]
    level = 0
    for token in tokens_of(text):
        level += _level(token)
        word = token.text.upper()
        if level or token.token_type in LITERAL_TOKENS or word not in CLAUSES:
            continue
        if word in (name for name, *_ in places):
            raise TextError(f"{word} twice", token.start, FEATURE_FORM)
        places.append((word, token.start, token.end + 1))
    ends = [start for _, start, _ in places[1:]] + [len(text)]
    found = {
        name: _Clause(text[after:end], after) for (name, _, after), end in zip(places, ends, strict=True)
    }
    _check_clauses(found, text)
    return found


def _level(token: Token) -> int:
    if token.token_type in LITERAL_TOKENS:
        return 0
    return {"(": 1, ")": -1}.get(token.text, 0)


def _check_clauses(found: Mapping[str, _Clause], text: str) -> None:
    order = ("", *CLAUSES)
    names = list(found)
    for name, clause in found.items():
        if not clause.word:
            raise TextError(f"nothing behind {name}" if name else "no function", clause.offset, FEATURE_FORM)
    if sorted(names, key=order.index) != names:
        raise TextError(f"{', '.join(names[1:])} in another order", found[names[1]].offset, FEATURE_FORM)
    for name in ("BY", "OVER"):
        if name not in found:
            raise TextError(f"no {name}", len(text.rstrip()), FEATURE_FORM)


def _source_type(clause: _Clause, event_types: Mapping[str, EventType]) -> EventType:
    if clause.word not in event_types:
        problem = f"unknown event type '{clause.word[:64]}'"
        raise TextError(problem, clause.start, did_you_mean(clause.word[:64], event_types))
    return event_types[clause.word]


def _call(clause: _Clause, fields: Mapping[str, Field]) -> tuple[FeatureFunction, Field | None]:
    match = re.fullmatch(r"(\w+)\s*\(\s*(.*?)\s*\)", clause.word, re.ASCII | re.DOTALL)
    if not match:
        raise TextError(f"'{clause.word[:64]}' is no function of a window", clause.start, FEATURE_FORM)
    name, argument = match[1].upper(), match[2]
    if name == "COUNT":
        return _count(clause, argument, fields)
    if name not in FUNCTIONS or name == "COUNT_DISTINCT":
        known = [known for known in FUNCTIONS if known != "COUNT_DISTINCT"]
        raise TextError(f"unknown function {match[1]}", clause.start, _nearest(name, known))
    function = cast(FeatureFunction, name)
    if function not in TYPES_OF_FIELD:
        if argument:
            raise TextError(f"{function} takes no field", clause.start, f"write {function}()")
        return function, None
    return function, _field(function, argument, fields, clause)


def _count(
    clause: _Clause, argument: str, fields: Mapping[str, Field]
) -> tuple[FeatureFunction, Field | None]:
    if argument == "*":
        return "COUNT", None
    match = re.fullmatch(r"DISTINCT\s+(.*)", argument, re.ASCII | re.IGNORECASE | re.DOTALL)
    if not match:
        suggestion = "write COUNT(*) or COUNT(DISTINCT field)"
        raise TextError(f"COUNT of '{argument[:64]}'", clause.start, suggestion)
    return "COUNT_DISTINCT", _field("COUNT_DISTINCT", match[1], fields, clause)


def _field(function: FeatureFunction, name: str, fields: Mapping[str, Field], clause: _Clause) -> Field:
    place = clause.offset + clause.text.find(name, clause.text.find("(")) if name else clause.start
    if name not in fields:
        raise TextError(f"unknown field {name[:64]}", place, did_you_mean(name[:64], fields))
    field = fields[name]
    types, reason = TYPES_OF_FIELD[function]
    if field.type not in types:
        spelled = function.replace("_", " ") if function == "COUNT_DISTINCT" else function
        raise TextError(f"{spelled} takes a field of {' or '.join(types)}, not {field.type}{reason}", place)
    return field


def _type(function: FeatureFunction, field: Field | None, clause: _Clause) -> ValueType:
    try:
        return result_type(function, field)
    except RangeOverflowError:
        problem = f"{function} could overflow for values that the contract allows"
        raise TextError(problem, clause.start) from None


def _check_own_fields(
    function: FeatureFunction,
    field: Field | None,
    source: EventType,
    own: Mapping[str, Field],
    clause: _Clause,
) -> None:
    """Some functions compare the window's events with the event itself, so both need the field."""
    needed: tuple[str, ...] = ()
    if function in FUNCTIONS_OF_PLACES:
        needed = FIELDS_OF_PLACES
    elif function == "FIRST_SEEN_MS" and field:
        needed = (field.name,)
    source_fields = {one.name for one in source.fields}
    for name in needed:
        if name not in source_fields or name not in own:
            problem = f"{function} needs {name} in both events, the rule's and those of the window"
            raise TextError(problem, clause.start)


def _filter(clause: _Clause | None, fields: Mapping[str, Field]) -> Expression | None:
    if clause is None:
        return None
    try:
        return parse_condition(clause.text, Names(names_of_fields(fields.values())))
    except TextError as error:
        raise TextError(error.problem, clause.offset + error.offset, error.suggestion) from None


def _key(clause: _Clause, fields: Mapping[str, Field], own: Mapping[str, Field], own_type: str) -> str:
    name = clause.word
    if name not in fields:
        raise TextError(f"unknown field {name[:64]}", clause.start, did_you_mean(name[:64], fields))
    if fields[name].type != "text" or name in OWN_TO_EACH_EVENT:
        keys = [key for key in fields if fields[key].type == "text" and key not in OWN_TO_EACH_EVENT]
        raise TextError(f"{name} is no key", clause.start, f"expected one of: {', '.join(sorted(keys))}")
    if name not in own:
        raise TextError(f"an event of type {own_type} has no {name}", clause.start)
    return name


def _step_ms(clause: _Clause | None, window_ms: int) -> int:
    return 0 if clause is None else _duration_ms(clause, "a step", WINDOW_MS_MIN, window_ms)


def _duration_ms(clause: _Clause, what: str, low_ms: int, high_ms: int) -> int:
    match = re.fullmatch(r"(\d{1,9})\s+([A-Za-z]+)", clause.word, re.ASCII)
    unit = match[2].upper().removesuffix("S") if match else ""
    if not match or unit not in UNITS_MS:
        units = [f"{name}S" for name in UNITS_MS]
        suggestion = _nearest(match[2].upper(), units) if match else "write a number and a unit: 10 MINUTES"
        raise TextError(f"'{clause.word[:64]}' is no duration", clause.start, suggestion)
    duration_ms = int(match[1]) * UNITS_MS[unit]
    if not low_ms <= duration_ms <= high_ms:
        _refuse_duration(clause, what, high_ms)
    return duration_ms


def _refuse_duration(clause: _Clause, what: str, high_ms: int) -> NoReturn:
    longest = "the window" if high_ms != WINDOW_MS_MAX else f"{high_ms // DAY_MS} DAYS"
    raise TextError(f"{what} of {clause.word[:64]}", clause.start, f"expected 1 SECOND to {longest}")


def _nearest(word: str, known: Sequence[str]) -> str:
    """Compared in small letters, told in capitals."""
    suggestion = did_you_mean(word, [name.lower() for name in known])
    head, _, tail = suggestion.rpartition("mean " if "mean " in suggestion else ": ")
    separator = "mean " if "mean " in suggestion else ": "
    return f"{head}{separator}{tail.upper()}"
