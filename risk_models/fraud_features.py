"""Features of a card transaction, from what was known when it was made.

Windows of the customer and of the terminal follow chapter 3 of the *Fraud Detection Handbook*
(Y.-A. Le Borgne et al., 2022): amounts count up to the transaction itself, in the order of time and
then of id; a label counts from the moment at which it became known, never from its transaction.

The features of a row are the same whatever other rows stand around it, to the last bit: every window
ends, and what is summed are whole numbers. So training takes all rows at once, and scoring only
those of the customers and terminals that it is about, ``LOOKBACK_DAYS`` back.
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
Flags = NDArray[np.bool_]

WINDOWS_DAYS = (1, 7, 30)
HISTORY_DAYS = 35
NEVER_MS = 1 << 62
"""When a label comes that never does."""
LABEL_DELAY_DAYS_MAX = 120
"""A label that comes later than this after its transaction is not counted."""
PRIOR_ROWS = 3.0
TYPICAL_DAYS = 90
OUTLIER_DAYS = 14
OUTLIER_TIMES = 3.0
ORDINARY_TIMES = 2.0
AMOUNT_MAX = 100_000.0
"""What is above counts as this: one absurd amount must not swamp the sums."""
FRACTION = 1 << 20
LOOKBACK_DAYS = HISTORY_DAYS + LABEL_DELAY_DAYS_MAX + TYPICAL_DAYS
"""No older transaction has a part in a feature: the oldest fraud that counts, and what was usual before."""
HANDBOOK_COLUMNS = ("TRANSACTION_ID", "TX_DATETIME", "CUSTOMER_ID", "TERMINAL_ID", "TX_AMOUNT", "TX_FRAUD")


@dataclass(frozen=True)
class Transactions:
    """One row per transaction in the order of time and id: ``known_ms`` is when its label came, or never."""

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
    table = read_handbook_table(path)
    order, time_ms = in_order(table), _time_ms(table)
    return Transactions(
        id=table["TRANSACTION_ID"].to_numpy(np.int64)[order],
        time_ms=time_ms[order],
        customer=np.unique(table["CUSTOMER_ID"], return_inverse=True)[1][order].astype(np.int64),
        terminal=np.unique(table["TERMINAL_ID"], return_inverse=True)[1][order].astype(np.int64),
        amount=table["TX_AMOUNT"].to_numpy(np.float64)[order],
        is_fraud=table["TX_FRAUD"].to_numpy(np.int8)[order],
        known_ms=time_ms[order] + label_delay_ms,
    )


def read_handbook_table(path: Path) -> pd.DataFrame:
    """Read a file of the Handbook's shape as it stands.

    Raises:
        DataError: it is absent or lacks a column.
    """
    if not path.is_file():
        raise DataError(f"{path}: there is no such file")
    table = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    absent = sorted(set(HANDBOOK_COLUMNS) - set(table.columns))
    if absent:
        raise DataError(f"{path}: expected the columns {', '.join(absent)}")
    return table


def in_order(table: pd.DataFrame) -> Ints:
    """Return the places of the Handbook's rows in the order of time and id."""
    return np.asarray(np.lexsort((table["TRANSACTION_ID"].to_numpy(), _time_ms(table))), dtype=np.int64)


def _time_ms(table: pd.DataFrame) -> Ints:
    times = pd.to_datetime(table["TX_DATETIME"]).to_numpy(dtype="datetime64[ms]")
    return np.asarray(times.astype(np.int64))


def build_features(rows: Transactions) -> pd.DataFrame:
    """Return one row of features per transaction, in the same order."""
    columns = customer_features(rows)
    return pd.DataFrame(columns | terminal_features(rows, columns["amount_to_typical"]))


def customer_features(rows: Transactions) -> dict[str, Floats]:
    """Return what the customer's own transactions and labels say: all rows of a customer are needed."""
    columns: dict[str, Floats] = {"amount": rows.amount}
    columns |= _amounts_of_customer(rows)
    return columns | _known_frauds(rows, rows.customer, "customer")


def terminal_features(rows: Transactions, amount_to_typical: Floats) -> dict[str, Floats]:
    """Return what the terminal's known labels say: all labelled rows of a terminal are needed.

    Of frauds the customer's feature ``amount_to_typical`` is needed as well: a fraud of an ordinary
    amount speaks against the terminal, one of an unusual amount against the card.
    """
    is_ordinary = (rows.is_fraud == 1) & (np.nan_to_num(amount_to_typical, nan=np.inf) <= ORDINARY_TIMES)
    columns = _known_labels(rows, rows.terminal, is_ordinary, "terminal")
    columns |= _known_frauds(rows, rows.terminal, "terminal")
    return columns | _fraud_runs(rows, rows.terminal, "terminal")


def _amounts_of_customer(rows: Transactions) -> dict[str, Floats]:
    keyed = _keyed(rows, rows.customer, rows.time_ms)
    upper = keyed.own_place() + 1
    cents = np.rint(np.minimum(rows.amount, AMOUNT_MAX) * 100)
    money, squares = keyed.running(cents), keyed.running(cents**2)
    columns: dict[str, Floats] = {}
    for days in WINDOWS_DAYS:
        lower = keyed.up_to(rows.customer, rows.time_ms - days * DAY_MS)
        count = (upper - lower).astype(float)
        columns[f"customer_count_{days}d"] = count
        columns[f"customer_mean_{days}d"] = (money[upper] - money[lower]) / count / 100
    lower = keyed.up_to(rows.customer, rows.time_ms - 30 * DAY_MS)
    before = (upper - 1 - lower).astype(float)
    mean = _ratio(money[upper - 1] - money[lower], before)
    variance = _ratio(squares[upper - 1] - squares[lower], before) - mean**2
    columns["amount_to_customer_mean"] = _ratio(cents, mean)
    columns["amount_deviation"] = (cents - mean) / np.sqrt(np.maximum(variance, 100.0**2))
    columns |= _outliers(rows, keyed)
    return columns


def _outliers(rows: Transactions, keyed: KeyedTimes) -> dict[str, Floats]:
    """Amounts far above the customer's geometric mean of 90 days, which a few frauds hardly move."""
    logs = np.rint(np.log(np.clip(rows.amount, 1.0, AMOUNT_MAX)) * FRACTION)
    count = _before(keyed, np.ones(len(rows)), rows, TYPICAL_DAYS)
    typical = np.exp(_ratio(_before(keyed, logs, rows, TYPICAL_DAYS), count) / FRACTION)
    times_typical = np.minimum(rows.amount, AMOUNT_MAX) / typical
    is_outlier = np.nan_to_num(times_typical) > OUTLIER_TIMES
    excess = np.where(is_outlier, np.rint(times_typical * FRACTION), 0.0)
    return {
        "amount_to_typical": times_typical,
        "customer_outliers_14d": _before(keyed, is_outlier.astype(float), rows, OUTLIER_DAYS),
        "customer_outliers_sum_14d": _before(keyed, excess, rows, OUTLIER_DAYS) / FRACTION,
    }


def _before(keyed: KeyedTimes, values: Floats, rows: Transactions, days: int) -> Floats:
    running = keyed.running(values)
    lower = keyed.up_to(rows.customer, rows.time_ms - days * DAY_MS)
    return np.asarray(running[keyed.own_place()] - running[lower])


def _known_labels(rows: Transactions, key: Ints, is_ordinary: Flags, name: str) -> dict[str, Floats]:
    """Labels of the key that had become known, by when they did."""
    keyed = _keyed(rows, key, _known_ms(rows))
    fraud, one = rows.is_fraud.astype(float), np.ones(len(rows))
    columns: dict[str, Floats] = {}
    for days in WINDOWS_DAYS:
        count = keyed.sums(one, key, rows.time_ms, days * DAY_MS)
        frauds = keyed.sums(fraud, key, rows.time_ms, days * DAY_MS)
        columns[f"{name}_labels_{days}d"] = count
        columns[f"{name}_frauds_{days}d"] = frauds
        columns[f"{name}_risk_{days}d"] = frauds / (count + PRIOR_ROWS)
        columns[f"{name}_ordinary_frauds_{days}d"] = keyed.sums(
            is_ordinary.astype(float), key, rows.time_ms, days * DAY_MS
        )
    return columns


def _known_frauds(rows: Transactions, key: Ints, name: str) -> dict[str, Floats]:
    """Of the frauds of the key that became known in the last 35 days: the first, the newest, what came since.

    Ages are in days, NaN where there is none. A compromised terminal or card is one for some weeks:
    the first says how long ago that began, genuine labels after the newest that it may be over.
    """
    came_ms = _known_ms(rows)
    labels, fraud = _keyed(rows, key, came_ms), np.flatnonzero(rows.is_fraud == 1)
    frauds = _keyed(rows, key[fraud], came_ms[fraud])
    first = frauds.up_to(key, rows.time_ms - HISTORY_DAYS * DAY_MS)
    after_newest = frauds.up_to(key, rows.time_ms)
    known_ms = np.append(came_ms[fraud][frauds.order], 0)
    first_ms, newest_ms = known_ms[first], known_ms[after_newest - 1]
    since = labels.up_to(key, rows.time_ms) - labels.up_to(key, np.where(after_newest > 0, newest_ms, 0))
    is_known = first < after_newest
    return {
        f"{name}_first_fraud_days": np.where(is_known, (rows.time_ms - first_ms) / DAY_MS, np.nan),
        f"{name}_newest_fraud_days": np.where(is_known, (rows.time_ms - newest_ms) / DAY_MS, np.nan),
        f"{name}_genuine_since_fraud": np.where(is_known, since, np.nan),
    }


def _fraud_runs(rows: Transactions, key: Ints, name: str) -> dict[str, Floats]:
    """The unbroken run of frauds that ends the key's labels of 35 days: length, age, age of the label before.

    At a compromised terminal every transaction is fraud; one between genuine ones is another matter.
    """
    came_ms = _known_ms(rows)
    labels = _keyed(rows, key, came_ms)
    known_ms = np.append(came_ms[labels.order], 0)
    genuine = np.where(rows.is_fraud[labels.order] == 1, 0, np.arange(1, len(rows) + 1))
    after_genuine = np.append(np.maximum.accumulate(genuine), 0)
    oldest = labels.up_to(key, rows.time_ms - HISTORY_DAYS * DAY_MS)
    end = labels.up_to(key, rows.time_ms)
    start = np.maximum(after_genuine[end - 1], oldest)
    length = end - start
    has_before = (length > 0) & (start > oldest)
    return {
        f"{name}_fraud_run": length.astype(float),
        f"{name}_fraud_run_days": np.where(length > 0, (rows.time_ms - known_ms[start]) / DAY_MS, np.nan),
        f"{name}_genuine_before_run_days": np.where(
            has_before, (rows.time_ms - known_ms[start - 1]) / DAY_MS, np.nan
        ),
    }


def _known_ms(rows: Transactions) -> Ints:
    """When each label counts from: after its own transaction, and never when it came too late."""
    never = rows.time_ms[-1] + 1
    in_time = rows.known_ms - rows.time_ms <= LABEL_DELAY_DAYS_MAX * DAY_MS
    return np.where(in_time, np.clip(rows.known_ms, rows.time_ms + 1, never), never)


def _keyed(rows: Transactions, key: Ints, time_ms: Ints) -> KeyedTimes:
    return KeyedTimes.of(key, time_ms, origin_ms=int(rows.time_ms[0]), last_ms=int(rows.time_ms[-1]) + 1)


def _ratio(upper: Floats, lower: Floats) -> Floats:
    return np.divide(upper, lower, out=np.full(len(upper), np.nan), where=lower > 0)
