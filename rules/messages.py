"""The message of an alert: text with ``{name}`` of fields, features and parameters in it."""

from __future__ import annotations

import re

from rules.characters import holds_control
from rules.errors import TextError, did_you_mean
from rules.expressions import Named
from rules.names import Names

MESSAGE_CHARACTERS_MAX = 300

MessagePart = str | Named

_PIECE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+")


def parse_message(text: str, names: Names) -> tuple[MessagePart, ...]:
    """Return the literal texts and the values of a message, in order. ``{{`` and ``}}`` are braces.

    Raises:
        TextError: a brace stands alone, a name is unknown or cannot be written alike by both engines.
    """
    if len(text) > MESSAGE_CHARACTERS_MAX:
        raise TextError(f"longer than {MESSAGE_CHARACTERS_MAX} characters", 0)
    if holds_control(text):
        raise TextError("a message with a control character, or of several lines", 0)
    parts: list[MessagePart] = []
    for match in _PIECE.finditer(text):
        part = _part(match, names)
        if parts and isinstance(part, str) and isinstance(parts[-1], str):
            parts[-1] += part
        else:
            parts.append(part)
    return tuple(parts)


def _part(match: re.Match[str], names: Names) -> MessagePart:
    piece, name = match.group(), match.group(1)
    if piece in ("{", "}"):
        raise TextError(f"a '{piece}' alone", match.start(), f"write {piece * 2} for a brace")
    if name is None:
        return piece[0] if piece in ("{{", "}}") else piece
    if name not in names.readable:
        problem = f"unknown {names.noun} {name[:64]}"
        raise TextError(problem, match.start(), did_you_mean(name[:64], names.readable))
    value = names.readable[name].expression
    if value.type == "number":
        problem = f"not supported: {name} in a message, because the engines write fractions differently"
        raise TextError(problem, match.start(), "it stands in the alert's evidence")
    return value
