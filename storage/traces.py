"""Finding a user's id in the bytes of messages that could not be read as events."""

from __future__ import annotations

import json

ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be")


def holds_trace(payload: bytes, user_id: str) -> bool:
    """Tell whether a message holds the id as a JSON text, as written or escaped, in UTF-8 or UTF-16."""
    return any(trace in payload for trace in traces(user_id))


def traces(user_id: str) -> tuple[bytes, ...]:
    """Return the bytes to look for: the id in quotes, so that ``u1`` is not found in ``u12``."""
    texts = {json.dumps(user_id), json.dumps(user_id, ensure_ascii=False)}
    return tuple(text.encode(encoding) for text in sorted(texts) for encoding in ENCODINGS)
