"""The text of a condition as sqlglot reads it, held within bounds before it is parsed."""

from __future__ import annotations

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError
from sqlglot.tokens import Token

from rules.errors import TextError

CONDITION_CHARACTERS_MAX = 4000
TOKENS_MAX = 500
LEVELS_MAX = 32


def syntax_tree(text: str) -> exp.Expression:
    """Return sqlglot's tree of one expression.

    Raises:
        TextError: it is too large, nested too deeply, or not one SQL expression without comments.
    """
    tokens_of(text)
    try:
        trees = sqlglot.parse(text)
    except ParseError as error:
        found = error.errors[0]
        lines = text.split("\n")[: int(found["line"]) - 1]
        column = int(found["col"]) - len(str(found["highlight"]))
        offset = sum(len(line) + 1 for line in lines) + column
        raise TextError(
            f"not a condition near '{found['highlight']}'", min(max(offset, 0), len(text))
        ) from None
    except (SqlglotError, RecursionError):
        raise TextError("not a condition: it cannot be read as SQL", 0) from None
    if len(trees) != 1 or trees[0] is None:
        raise TextError("expected one condition and nothing else", 0)
    return trees[0]


def tokens_of(text: str) -> list[Token]:
    """Return the words and signs of a text.

    Raises:
        TextError: it is too large, nested too deeply, holds a comment or a quote that is left open.
    """
    if len(text) > CONDITION_CHARACTERS_MAX:
        raise TextError(
            f"longer than {CONDITION_CHARACTERS_MAX} characters", 0, "split it into several rules"
        )
    try:
        tokens: list[Token] = sqlglot.tokenize(text)
    except SqlglotError:
        raise TextError("not a condition: a quote is left open or a character is not allowed", 0) from None
    if len(tokens) > TOKENS_MAX:
        raise TextError(f"more than {TOKENS_MAX} words and signs", 0, "split it into several rules")
    level = 0
    for token in tokens:
        level += {"(": 1, ")": -1}.get(token.text, 0)
        if level > LEVELS_MAX:
            raise TextError(f"more than {LEVELS_MAX} levels of parentheses", token.start)
        if token.comments:
            raise TextError("a comment inside a text of the rule", token.start, "use a YAML comment, # ...")
        if token.text == ";":
            raise TextError("';' ends nothing here: a rule has one condition", token.start)
    return tokens
