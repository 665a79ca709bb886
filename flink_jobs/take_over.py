"""Options of a start that takes over from another run: where to read from, from where on to alert."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass

from contract.settings import SettingsError

Offsets = dict[int, int]


@dataclass(frozen=True)
class TakeOver:
    """Events from ``read_from`` on enter the windows, those from ``emit_from`` on raise alerts."""

    read_from: Offsets
    emit_from: Offsets


def read_take_over(arguments: Sequence[str]) -> TakeOver | None:
    """Read the arguments of the job; None where it just goes on.

    Raises:
        SettingsError: one option without the other, or no offsets.
    """
    parser = argparse.ArgumentParser(prog="detect_fraud.py")
    parser.add_argument("--read-from", metavar="JSON", help="partition -> first offset that is read")
    parser.add_argument("--emit-from", metavar="JSON", help="partition -> first offset that raises alerts")
    options = parser.parse_args(arguments)
    if options.read_from is None and options.emit_from is None:
        return None
    return TakeOver(_offsets("--read-from", options.read_from), _offsets("--emit-from", options.emit_from))


def _offsets(option: str, text: str | None) -> Offsets:
    try:
        read = json.loads(text or "")
        offsets = {int(partition): int(offset) for partition, offset in read.items()}
    except (ValueError, AttributeError, TypeError):
        raise SettingsError(f'{option}: expected offsets like {{"0": 120, "1": 96}}') from None
    if not offsets or min(offsets.values()) < 0:
        raise SettingsError(f"{option}: expected an offset from 0 for each partition")
    return offsets
