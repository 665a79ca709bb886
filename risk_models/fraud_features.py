"""Features of a card transaction, from what was known when it was made.

Windows of the customer and of the terminal follow chapter 3 of the *Fraud Detection Handbook*
(Y.-A. Le Borgne et al., 2022): amounts count up to the transaction itself, in the order of time and
then of id; a label counts from the moment at which it became known, never from its transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from risk_models.errors import DataError
from risk_models.sliding import DAY_MS, KeyedTimes

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

WINDOWS_DAYS = (1, 7, 30)
HISTORY_DAYS = 35
PRIOR_ROWS = 3.0
TYPICAL_DAYS = 90
OUTLIER_TIMES = 3.0
HANDBOOK_COLUMNS = ("TRANSACTION_ID", "TX_DATETIME", "CUSTOMER_ID", "TERMINAL_ID", "TX_AMOUNT", "TX_FRAUD")


@dataclass(frozen=True)
class Transactions:
    """One row per transaction in the order of time and id; ``known_ms`` is when its label came."""

    id: Ints
    time_ms: Ints
    customer: Ints
    terminal: Ints
    amount: Floats
    is_fraud: NDArray[np.int8]
    known_ms: Ints

    def __len__(self) -> int:
        return len(self.id)

    @property
    def day(self) -> Ints:
        """Days since the epoch (UTC)."""
        return self.time_ms // DAY_MS


def read_handbook(path: Path, label_delay_ms: int = 7 * DAY_MS) -> Transactions:
    """Read a file of the Handbook's shape (CSV or Parquet).

    Raises:
        DataError: it is absent or lacks a column.
    """
    if not path.is_file():
        raise DataError(f"{path}: there is no such file")
    table = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    absent = sorted(set(HANDBOOK_COLUMNS) - set(table.columns))
    if absent:
        raise DataError(f"{path}: expected the columns {', '.join(absent)}")
    time_ms = pd.to_datetime(table["TX_DATETIME"]).to_numpy().astype("datetime64[ms]").astype(np.int64)
    order = np.lexsort((table["TRANSACTION_ID"].to_numpy(), time_ms))
    return Transactions(
        id=table["TRANSACTION_ID"].to_numpy(np.int64)[order],
        time_ms=time_ms[order],
        customer=np.unique(table["CUSTOMER_ID"], return_inverse=True)[1][order].astype(np.int64),
        terminal=np.unique(table["TERMINAL_ID"], return_inverse=True)[1][order].astype(np.int64),
        amount=table["TX_AMOUNT"].to_numpy(np.float64)[order],
        is_fraud=table["TX_FRAUD"].to_numpy(np.int8)[order],
        known_ms=time_ms[order] + label_delay_ms,
    )


def build_features(rows: Transactions) -> pd.DataFrame:
    """Return one row of features per transaction, in the same order."""
    columns: dict[str, Floats] = {"amount": rows.amount}
    columns |= _amounts_of_customer(rows)
    columns |= _known_labels(rows, rows.terminal, "terminal")
    columns |= _known_frauds(rows, rows.terminal, "terminal")
    columns |= _fraud_runs(rows, rows.terminal, "terminal")
    columns |= _known_frauds(rows, rows.customer, "customer")
    return pd.DataFrame(columns)


def _amounts_of_customer(rows: Transactions) -> dict[str, Floats]:
    keyed = _keyed(rows, rows.customer, rows.time_ms)
    upper = keyed.own_place() + 1
    money, squares = keyed.running(rows.amount), keyed.running(rows.amount**2)
    columns: dict[str, Floats] = {}
    for days in WINDOWS_DAYS:
        lower = keyed.up_to(rows.customer, rows.time_ms - days * DAY_MS)
        count = (upper - lower).astype(float)
        columns[f"customer_count_{days}d"] = count
        columns[f"customer_mean_{days}d"] = (money[upper] - money[lower]) / count
    lower = keyed.up_to(rows.customer, rows.time_ms - 30 * DAY_MS)
    before = (upper - 1 - lower).astype(float)
    mean = _ratio(money[upper - 1] - money[lower], before)
    variance = _ratio(squares[upper - 1] - squares[lower], before) - mean**2
    columns["amount_to_customer_mean"] = _ratio(rows.amount, mean)
    columns["amount_deviation"] = (rows.amount - mean) / np.sqrt(np.maximum(variance, 1.0))
    columns |= _outliers(rows, keyed)
    return columns


def _outliers(rows: Transactions, keyed: KeyedTimes) -> dict[str, Floats]:
    """Amounts far above the customer's geometric mean of 90 days, which a few frauds hardly move."""
    logs = np.log(np.maximum(rows.amount, 1.0))
    count = _before(keyed, np.ones(len(rows)), rows, TYPICAL_DAYS)
    typical = np.exp(_ratio(_before(keyed, logs, rows, TYPICAL_DAYS), count))
    times_typical = rows.amount / typical
    is_outlier = np.nan_to_num(times_typical) > OUTLIER_TIMES
    return {
        "amount_to_typical": times_typical,
        "customer_outliers_14d": _before(keyed, is_outlier.astype(float), rows, 14),
        "customer_outliers_sum_14d": _before(keyed, np.where(is_outlier, times_typical, 0.0), rows, 14),
    }


def _before(keyed: KeyedTimes, values: Floats, rows: Transactions, days: int) -> Floats:
    running = keyed.running(values)
    lower = keyed.up_to(rows.customer, rows.time_ms - days * DAY_MS)
    return np.asarray(running[keyed.own_place()] - running[lower])


def _known_labels(rows: Transactions, key: Ints, name: str) -> dict[str, Floats]:
    """Labels of the key that had become known, by when they did."""
    keyed = _keyed(rows, key, rows.known_ms)
    fraud, one = rows.is_fraud.astype(float), np.ones(len(rows))
    columns: dict[str, Floats] = {}
    for days in WINDOWS_DAYS:
        count = keyed.sums(one, key, rows.time_ms, days * DAY_MS)
        frauds = keyed.sums(fraud, key, rows.time_ms, days * DAY_MS)
        columns[f"{name}_labels_{days}d"] = count
        columns[f"{name}_frauds_{days}d"] = frauds
        columns[f"{name}_risk_{days}d"] = frauds / (count + PRIOR_ROWS)
    return columns


def _known_frauds(rows: Transactions, key: Ints, name: str) -> dict[str, Floats]:
    """Of the frauds of the key that became known in the last 35 days: the first, the newest, what came since.

    Ages are in days, NaN where there is none. A compromised terminal or card is one for some weeks:
    the first says how long ago that began, genuine labels after the newest that it may be over.
    """
    labels, fraud = _keyed(rows, key, rows.known_ms), np.flatnonzero(rows.is_fraud == 1)
    frauds = _keyed(rows, key[fraud], rows.known_ms[fraud])
    first = frauds.up_to(key, rows.time_ms - HISTORY_DAYS * DAY_MS)
    after_newest = frauds.up_to(key, rows.time_ms)
    known_ms = np.append(rows.known_ms[fraud][frauds.order], 0)
    first_ms, newest_ms = known_ms[first], known_ms[after_newest - 1]
    since = labels.up_to(key, rows.time_ms) - labels.up_to(key, np.where(after_newest > 0, newest_ms, 0))
    is_known = first < after_newest
    return {
        f"{name}_first_fraud_days": np.where(is_known, (rows.time_ms - first_ms) / DAY_MS, np.nan),
        f"{name}_newest_fraud_days": np.where(is_known, (rows.time_ms - newest_ms) / DAY_MS, np.nan),
        f"{name}_genuine_since_fraud": np.where(is_known, since, np.nan),
    }


def _fraud_runs(rows: Transactions, key: Ints, name: str) -> dict[str, Floats]:
    """The unbroken run of frauds that ends the key's known labels: length, age, age of the label before.

    At a compromised terminal every transaction is fraud; one between genuine ones is another matter.
    """
    labels = _keyed(rows, key, rows.known_ms)
    sorted_key, known_ms = key[labels.order], rows.known_ms[labels.order]
    place, is_fraud = np.arange(len(rows)), rows.is_fraud[labels.order] == 1
    is_first = np.diff(sorted_key, prepend=-1) != 0
    broken = np.maximum.accumulate(np.where(~is_fraud | is_first, place, 0))
    begin = np.where(is_fraud[broken], broken, broken + 1)
    newest = labels.up_to(key, rows.time_ms) - 1
    at = np.maximum(newest, 0)
    length = np.where((newest >= 0) & (sorted_key[at] == key), at - begin[at] + 1, 0)
    start = np.minimum(begin[at], len(rows) - 1)
    before = np.maximum(start - 1, 0)
    has_before = (length > 0) & (start > 0) & (sorted_key[before] == key)
    return {
        f"{name}_fraud_run": length.astype(float),
        f"{name}_fraud_run_days": np.where(length > 0, (rows.time_ms - known_ms[start]) / DAY_MS, np.nan),
        f"{name}_genuine_before_run_days": np.where(
            has_before, (rows.time_ms - known_ms[before]) / DAY_MS, np.nan
        ),
    }


def _keyed(rows: Transactions, key: Ints, time_ms: Ints) -> KeyedTimes:
    return KeyedTimes.of(
        key,
        time_ms,
        origin_ms=int(rows.time_ms.min()),
        last_ms=int(max(rows.known_ms.max(), rows.time_ms.max())),
    )


def _ratio(upper: Floats, lower: Floats) -> Floats:
    return np.divide(upper, lower, out=np.full(len(upper), np.nan), where=lower > 0)
