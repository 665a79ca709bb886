"""What is wrong with a rule, and where."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path


class RuleError(Exception):
    """A rule is refused. The text is one line: ``file:line:column: problem; suggestion``."""

    def __init__(self, problem: str, file: Path, line: int, column: int, suggestion: str = "") -> None:
        """Lines and columns count from 1."""
        self.problem = problem
        self.file = file
        self.line = line
        self.column = column
        self.suggestion = suggestion
        hint = f"; {suggestion}" if suggestion else ""
        super().__init__(f"{file}:{line}:{column}: {problem}{hint}")


@dataclass(frozen=True)
class TextError(Exception):
    """A condition or a message is refused; ``offset`` counts characters of its text from 0."""

    problem: str
    offset: int
    suggestion: str = ""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a suggestion that ends a message: the nearest known word, else all of them."""
    words = sorted(known)
    near = get_close_matches(word.lower(), words, n=1, cutoff=0.6)
    return f"did you mean {near[0]}?" if near else f"expected one of: {', '.join(words)}"
