"""Strict JSON: what RFC 8259 says and nothing more, with the reasons why bytes are refused."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from contract.events import Reason, load_contract

_SURROGATE = re.compile("[\ud800-\udfff]")
_BRACKETS = re.compile(rb'"(?:\\.|[^"\\])*(?:"|\\?\Z)|[\[{]|[\]}]', re.DOTALL)
_INTEGER_DIGITS_MAX = 4000
"""Beyond it an integer is cut: already past every limit and every double, and below Python's own limit."""


class RefusedTextError(Exception):
    """The bytes are no acceptable JSON text; says why."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class Members(list[tuple[str, Any]]):
    """An object as it is written: names may repeat."""


def read_object(message: bytes | None) -> dict[str, Any]:
    """Read a message that has to be one JSON object.

    Raises:
        RefusedTextError: it is too large, not JSON, or no object.
    """
    if not message:
        raise RefusedTextError(Reason.NOT_JSON, "no value (a tombstone)" if message is None else "no bytes")
    _refuse_too_large(message)
    tree = _parse(_decode(message))
    if has_lone_surrogate(tree):
        raise RefusedTextError(Reason.NOT_JSON, "a lone surrogate")
    if _has_name_twice(tree):
        raise RefusedTextError(Reason.NOT_JSON, "a name twice in one object")
    if not isinstance(tree, Members):
        raise RefusedTextError(Reason.NOT_AN_OBJECT, "expected an object")
    return dict(tree)


def _refuse_too_large(message: bytes) -> None:
    limits = load_contract().limits
    if len(message) > limits.message_bytes:
        raise RefusedTextError(Reason.TOO_LARGE, f"more than {limits.message_bytes} bytes")
    if _depth(message) > limits.nesting_levels:
        raise RefusedTextError(Reason.TOO_LARGE, f"nested deeper than {limits.nesting_levels} levels")


def _depth(message: bytes) -> int:
    """The deepest nesting by brackets outside of strings: broken text has one too. 0 for few brackets."""
    if message.count(b"[") + message.count(b"{") <= load_contract().limits.nesting_levels:
        return 0
    depth = deepest = 0
    for token in _BRACKETS.findall(message):
        if token in (b"[", b"{"):
            depth += 1
            deepest = max(deepest, depth)
        elif token in (b"]", b"}"):
            depth -= 1
    return deepest


def _decode(message: bytes) -> str:
    try:
        return message.decode("utf-8")
    except UnicodeDecodeError:
        raise RefusedTextError(Reason.NOT_JSON, "not UTF-8") from None


def _parse(text: str) -> Any:
    try:
        return json.loads(
            text, object_pairs_hook=Members, parse_int=_integer, parse_constant=_refuse_constant
        )
    except ValueError:
        raise RefusedTextError(Reason.NOT_JSON, "not JSON by RFC 8259") from None


def _integer(token: str) -> int:
    return int(token[:_INTEGER_DIGITS_MAX])


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def has_lone_surrogate(tree: Any) -> bool:
    """Whether any string or name in it holds half of a surrogate pair, which UTF-8 cannot say."""
    if isinstance(tree, str):
        return _SURROGATE.search(tree) is not None
    if isinstance(tree, dict):
        return has_lone_surrogate(list(tree.items()))
    return isinstance(tree, (list, tuple)) and any(map(has_lone_surrogate, tree))


def _has_name_twice(tree: Any) -> bool:
    if isinstance(tree, Members):
        names = {name for name, _ in tree}
        return len(names) < len(tree) or any(_has_name_twice(value) for _, value in tree)
    return isinstance(tree, list) and any(map(_has_name_twice, tree))
