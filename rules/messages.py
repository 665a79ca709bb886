"""The message of an alert: text with ``{field}`` in it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from contract.events import Field
from rules.characters import holds_control
from rules.errors import TextError, did_you_mean
from rules.expressions import FieldValue

MESSAGE_CHARACTERS_MAX = 300

MessagePart = str | FieldValue

_PIECE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+")


def parse_message(text: str, fields: Mapping[str, Field]) -> tuple[MessagePart, ...]:
    """Return the literal texts and the fields of a message, in order. ``{{`` and ``}}`` are braces.

    Raises:
        TextError: a brace stands alone, a field is unknown or cannot be written alike by both engines.
    """
    if len(text) > MESSAGE_CHARACTERS_MAX:
        raise TextError(f"longer than {MESSAGE_CHARACTERS_MAX} characters", 0)
    if holds_control(text):
        raise TextError("a message with a control character, or of several lines", 0)
    parts: list[MessagePart] = []
    for match in _PIECE.finditer(text):
        part = _part(match, fields)
        if parts and isinstance(part, str) and isinstance(parts[-1], str):
            parts[-1] += part
        else:
            parts.append(part)
    return tuple(parts)


def _part(match: re.Match[str], fields: Mapping[str, Field]) -> MessagePart:
    piece, name = match.group(), match.group(1)
    if piece in ("{", "}"):
        raise TextError(f"a '{piece}' alone", match.start(), f"write {piece * 2} for a brace")
    if name is None:
        return piece[0] if piece in ("{{", "}}") else piece
    if name not in fields:
        raise TextError(f"unknown field {name}", match.start(), did_you_mean(name, fields))
    if fields[name].type == "number":
        problem = f"not supported: {name} in a message, because the engines write fractions differently"
        raise TextError(problem, match.start(), "it stands in the alert's event")
    return FieldValue(name, fields[name].type)
