"""A rule file as flat text entries, each with its place in the file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from rules.errors import RuleError

FILE_BYTES_MAX = 16 * 1024


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
    """A file of flat text entries."""

    file: Path
    entries: dict[str, Entry]


def read_document(file: Path) -> Document:
    """Read a YAML file of one flat mapping.

    Raises:
        RuleError: too large, not UTF-8, not YAML, not flat, a key twice, an anchor or a tag.
    """
    raw = _read_text(file)
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
            mark: Any = event.start_mark
            problem = "anchors, aliases and tags are refused"
            raise RuleError(problem, file, mark.line + 1, mark.column + 1, _QUOTES)
    if not isinstance(root, yaml.MappingNode):
        raise RuleError("expected a rule: lines of key: value", file, 1, 1)
    return Document(file, _entries(file, raw, root))


_QUOTES = 'put a text with : { } # & * ! in "..."'


def _place(error: yaml.MarkedYAMLError) -> tuple[int, int]:
    mark: Any = error.problem_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _read_text(file: Path) -> str:
    content = file.read_bytes()
    if len(content) > FILE_BYTES_MAX:
        raise RuleError(f"larger than {FILE_BYTES_MAX} bytes", file, 1, 1, "one rule a file")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise RuleError("not UTF-8", file, line, 1) from None


def _entries(file: Path, raw: str, root: yaml.MappingNode) -> dict[str, Entry]:
    entries: dict[str, Entry] = {}
    for key, value in root.value:
        name, mark = str(key.value), key.start_mark
        if name in entries:
            raise RuleError(f"key {name} twice", file, mark.line + 1, mark.column + 1)
        if name == "features":
            problem = "not supported: features, because rules here read one event"
            raise RuleError(
                problem, file, mark.line + 1, mark.column + 1, "remove it; use the event's fields"
            )
        if not isinstance(value, yaml.ScalarNode):
            problem = f"{name} is one text, not a list or a mapping"
            raise RuleError(problem, file, mark.line + 1, mark.column + 1, _QUOTES)
        text = value.value
        if any(0xD800 <= ord(character) <= 0xDFFF for character in text):
            raise RuleError(f"{name} holds a lone surrogate", file, mark.line + 1, mark.column + 1)
        entries[name] = Entry(file, raw, text, mark, value.start_mark, value.style in ("|", ">"))
    return entries
