"""The SHA-256 by which a model's document is known again."""

import hashlib


def sha256(text: str) -> str:
    """Return the SHA-256 of a document, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()
