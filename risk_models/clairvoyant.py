"""What card precision can be had from the Handbook's file: that of one who is told how it was made.

The simulator's scenarios stand in the file. Whoever knows them knows every fraud, but for those of a
terminal that was compromised so lately that no label tells: of its frauds none has become known in the
28 days for which one lasts. These look like any other transaction.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from risk_models.errors import DataError
from risk_models.fraud import Protocol, card_precision, judged_rows
from risk_models.fraud_features import Transactions, in_order, read_handbook_table
from risk_models.sliding import DAY_MS, KeyedTimes

SCENARIO_COLUMN = "TX_FRAUD_SCENARIO"
COMPROMISED_TERMINAL = 2
COMPROMISED_DAYS = 28
DRAWS = 20


def read_scenarios(path: Path) -> NDArray[np.int64]:
    """Return the scenario of each transaction, 0 for none, in the order of ``read_handbook``.

    Raises:
        DataError: the file has none.
    """
    table = read_handbook_table(path)
    if SCENARIO_COLUMN not in table:
        raise DataError(f"{path}: expected the column {SCENARIO_COLUMN}: without it nobody is clairvoyant")
    return table[SCENARIO_COLUMN].to_numpy(np.int64)[in_order(table)]


def told_frauds(rows: Transactions, scenario: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which frauds one knows who is told the scenarios and the labels that have become known."""
    at_terminal = scenario == COMPROMISED_TERMINAL
    last_ms = int(max(rows.known_ms.max(), rows.time_ms.max()))
    labels = KeyedTimes.of(rows.terminal, rows.known_ms, origin_ms=int(rows.time_ms.min()), last_ms=last_ms)
    window_ms = COMPROMISED_DAYS * DAY_MS
    known = labels.sums(at_terminal.astype(float), rows.terminal, rows.time_ms, window_ms)
    return np.asarray((rows.is_fraud == 1) & ~(at_terminal & (known == 0)))


def clairvoyant_precision(rows: Transactions, scenario: NDArray[np.int64], protocol: Protocol) -> float:
    """Return the card precision at 100 with what is told on top of the list, the rest drawn by lot."""
    chosen = judged_rows(rows, protocol)
    told = told_frauds(rows, scenario)[chosen].astype(float)
    table = rows.day[chosen], rows.customer[chosen], rows.is_fraud[chosen]
    drawn = (np.random.default_rng(seed).random(len(told)) for seed in range(DRAWS))
    return float(np.mean([card_precision(*table, told + lot) for lot in drawn]))
