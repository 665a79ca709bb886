"""Writes the terminals that a fraud team would have watched in the Fraud Detection Handbook's data, as facts.

``python data/handbook_watchlist.py handbook_transactions.parquet watchlist.jsonl``

A terminal is on the list ``watched_terminals`` while at least FRAUDS_MIN of its frauds have become known
within the last WINDOW_DAYS. A fraud becomes known when its label arrives, seven days after it, so every
entry says only what was known at its time. ``tandem rules backtest --facts`` reads the file.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

sys.path.insert(0, str(Path(__file__).parents[1]))

from ingestion.errors import InputFileError
from ingestion.handbook import LABEL_DELAY_MS, Handbook, read_handbook
from rules.facts import Fact, ListEntry

LIST = "watched_terminals"
FRAUDS_MIN = 3
WINDOW_DAYS = 14
DAY_MS = 86_400_000


def main(
    handbook: Annotated[Path, typer.Argument(help="The Handbook's transactions, as Parquet.")],
    output: Annotated[Path, typer.Argument(help="The file of facts, one a line.")],
) -> None:
    """Write one fact for each time that a terminal is watched."""
    try:
        facts = list(watch_facts(read_handbook(handbook)))
    except InputFileError as error:
        sys.exit(_refused(error))
    output.write_bytes(b"".join(fact.encoded() + b"\n" for fact in facts))
    sys.stdout.write(f"{output}: {len(facts)} facts\n")


def watch_facts(transactions: Handbook) -> Iterator[Fact]:
    """Yield the list's entries, terminal by terminal, in the order of their times."""
    fraud = transactions.is_fraud == 1
    terminals = transactions.terminal[fraud]
    known_ms = transactions.time_ms[fraud] + LABEL_DELAY_MS
    for terminal in np.unique(terminals).tolist():
        times = np.sort(known_ms[terminals == terminal]).tolist()
        for from_ms, until_ms in watched_times(times):
            yield _entry(f"hb_t{terminal}", from_ms, until_ms)


def watched_times(known_ms: list[int]) -> Iterator[tuple[int, int]]:
    """Yield from when to before when enough frauds are known; ``known_ms`` is in order."""
    began: int | None = None
    until = 0
    for first, reached in zip(known_ms, known_ms[FRAUDS_MIN - 1 :], strict=False):
        ends = first + WINDOW_DAYS * DAY_MS + 1
        if reached >= ends:
            continue
        if began is not None and reached > until:
            yield began, until
            began = None
        began = reached if began is None else began
        until = ends
    if began is not None:
        yield began, until


def _entry(terminal: str, from_ms: int, until_ms: int) -> Fact:
    return Fact(
        fact_id=f"handbook:{LIST}:{terminal}:{from_ms}",
        statement=ListEntry(LIST, terminal, True),
        from_event_time_ms=from_ms,
        until_event_time_ms=until_ms,
        changed_by="handbook_watchlist",
        changed_at_ms=from_ms,
        comment=f"{FRAUDS_MIN} frauds known within {WINDOW_DAYS} days",
    )


def _refused(error: InputFileError) -> int:
    sys.stderr.write(f"error: {error}\n")
    return 2


if __name__ == "__main__":
    typer.run(main)
