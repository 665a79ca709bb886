"""Which characters a rule may hold."""

from __future__ import annotations

import unicodedata


def holds_control(text: str) -> bool:
    """Whether a text holds a control character or a lone surrogate."""
    return any(unicodedata.category(character) in ("Cc", "Cs") for character in text)
