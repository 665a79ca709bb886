"""Times on the command line: ISO 8601 or milliseconds since the epoch, UTC."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from cli.application import CommandError
from rules.fact_messages import TIME_MS_MAX

FORM = "expected a time like 2026-01-31, 2026-01-31T08:00:00Z or milliseconds since the epoch"


def now_ms() -> int:
    """The clock, in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


def moment_ms(text: str | None, otherwise_ms: int) -> int:
    """Read a time; without a zone it is UTC.

    Raises:
        CommandError: it is none.
    """
    if text is None:
        return otherwise_ms
    if text.isascii() and text.isdigit() and len(text) > 8:
        value_ms = int(text)
    else:
        try:
            read = datetime.fromisoformat(text)
        except ValueError:
            raise CommandError(f"'{text[:64]}' is no time: {FORM}") from None
        value_ms = round((read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp() * 1000)
    if not 0 <= value_ms <= TIME_MS_MAX:
        raise CommandError(f"'{text[:64]}' is no time: {FORM}")
    return value_ms


def moment_text(epoch_ms: int | None, otherwise: str = "") -> str:
    """Write a time in UTC, to the second where it is whole; ``otherwise`` for None."""
    if epoch_ms is None:
        return otherwise
    written = datetime.fromtimestamp(epoch_ms / 1000, tz=UTC)
    precision = "seconds" if epoch_ms % 1000 == 0 else "milliseconds"
    return written.isoformat(timespec=precision).replace("+00:00", "Z")
