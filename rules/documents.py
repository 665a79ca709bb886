"""A rule file as text entries, each with its place in the file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml

from rules.errors import RuleError, TextError

FILE_BYTES_MAX = 16 * 1024
SECTIONS = ("features", "parameters")
"""Keys that hold a mapping of names to texts."""

_Parsed = TypeVar("_Parsed")


@dataclass(frozen=True)
class Entry:
    """One ``key: value`` of the file. ``text`` is the value as YAML reads a text."""

    file: Path
    raw: str
    text: str
    key_mark: yaml.Mark
    value_mark: yaml.Mark
    is_block: bool

    def key_error(self, problem: str, suggestion: str = "") -> RuleError:
        """Return an error at the key."""
        return RuleError(problem, self.file, self.key_mark.line + 1, self.key_mark.column + 1, suggestion)

    def error(self, problem: str, suggestion: str = "", offset: int = 0) -> RuleError:
        """Return an error at the ``offset``-th character of the value."""
        place = self._place(offset)
        before = self.raw[:place]
        column = place - (before.rfind("\n") + 1)
        return RuleError(problem, self.file, before.count("\n") + 1, column + 1, suggestion)

    def parsed(self, parse: Callable[[str], _Parsed]) -> _Parsed:
        """Return what ``parse`` makes of the text; its :class:`TextError` becomes an error with its place."""
        try:
            return parse(self.text)
        except TextError as error:
            raise self.error(error.problem, error.suggestion, error.offset) from None

    def _place(self, offset: int) -> int:
        """Find the character in the file: YAML folds white space only, so the others are counted."""
        wanted = sum(not character.isspace() for character in self.text[:offset])
        place = self.value_mark.index
        if self.is_block:
            place = self.raw.find("\n", place) + 1
        elif self.raw[place : place + 1] in ("'", '"'):
            place += 1
        while place < len(self.raw) and (wanted or self.raw[place].isspace()):
            wanted -= not self.raw[place].isspace()
            place += 1
        return place


@dataclass(frozen=True)
class Document:
    """A file of text entries: flat ones, and mappings of them under the keys of ``SECTIONS``."""

    file: Path
    entries: dict[str, Entry]
    sections: dict[str, dict[str, Entry]]


def read_document(file: Path) -> Document:
    """Read a YAML file of one mapping.

    Raises:
        RuleError: absent, too large, not UTF-8, not YAML, not flat, a key twice, an anchor or a tag.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise RuleError(f"cannot be read: {error.strerror}", file, 1, 1) from None
    return document_of(content, file)


def document_of(content: bytes, file: Path) -> Document:
    """Read YAML of one mapping; ``file`` is what errors name.

    Raises:
        RuleError: as :func:`read_document`.
    """
    raw = _text(content, file)
    try:
        events = list(yaml.parse(raw, Loader=yaml.SafeLoader))
        root = yaml.compose(raw, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line, column = _place(error)
        raise RuleError(f"not YAML: {error.problem}", file, line, column, _QUOTES) from None
    except (yaml.YAMLError, RecursionError):
        raise RuleError("not YAML: a character or a nesting that it does not allow", file, 1, 1) from None
    for event in events:
        if getattr(event, "anchor", None) or getattr(event, "tag", None):
            raise _error(event, file, "anchors, aliases and tags are refused", _QUOTES)
    if not isinstance(root, yaml.MappingNode):
        raise RuleError("expected a rule: lines of key: value", file, 1, 1)
    return _document(file, raw, root)


_QUOTES = 'put a text with : { } # & * ! in "..."'


def _place(error: yaml.MarkedYAMLError) -> tuple[int, int]:
    mark: Any = error.problem_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _error(node: Any, file: Path, problem: str, suggestion: str = "") -> RuleError:
    mark = node.start_mark
    return RuleError(problem, file, mark.line + 1, mark.column + 1, suggestion)


def _text(content: bytes, file: Path) -> str:
    if len(content) > FILE_BYTES_MAX:
        raise RuleError(f"larger than {FILE_BYTES_MAX} bytes", file, 1, 1, "one rule a file")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise RuleError("not UTF-8", file, line, 1) from None


def _document(file: Path, raw: str, root: yaml.MappingNode) -> Document:
    sections: dict[str, dict[str, Entry]] = {}
    flat: list[tuple[Any, Any]] = []
    for key, value in root.value:
        name = str(key.value)
        if name not in SECTIONS:
            flat.append((key, value))
        elif name in sections:
            raise _error(key, file, f"key {name} twice")
        elif not isinstance(value, yaml.MappingNode) or not value.value:
            raise _error(key, file, f"expected names under {name}: lines of name: text")
        else:
            sections[name] = _entries(file, raw, value.value)
    return Document(file, _entries(file, raw, flat), sections)


def _entries(file: Path, raw: str, pairs: Iterable[tuple[Any, Any]]) -> dict[str, Entry]:
    entries: dict[str, Entry] = {}
    for key, value in pairs:
        name = str(key.value)
        if name in entries:
            raise _error(key, file, f"key {name[:64]} twice")
        if not isinstance(value, yaml.ScalarNode):
            raise _error(key, file, f"{name[:64]} is one text, not a list or a mapping", _QUOTES)
        text = value.value
        if any(0xD800 <= ord(character) <= 0xDFFF for character in text):
            raise _error(key, file, f"{name} holds a lone surrogate")
        block = value.style in ("|", ">")
        entries[name] = Entry(file, raw, text, key.start_mark, value.start_mark, block)
    return entries
