"""Replay of the Fraud Detection Handbook's card transactions.

Source: Y.-A. Le Borgne, W. Siblini, B. Lebichot, G. Bontempi: *Reproducible Machine Learning for
Credit Card Fraud Detection - Practical Handbook*, Université Libre de Bruxelles, 2022. The file is
not part of the project.

| event field | from |
|---|---|
| ``event_id`` | ``hb_`` and ``TRANSACTION_ID``; of the label ``hbl_`` and the same |
| ``event_time_ms`` | ``TX_DATETIME`` (UTC); of the label seven days later |
| ``user_id`` | ``hb_u`` and ``CUSTOMER_ID`` |
| ``card_id`` | ``hb_c`` and ``CUSTOMER_ID``: in the data a customer has one card |
| ``merchant_id`` | ``hb_t`` and ``TERMINAL_ID`` |
| ``amount_cents`` | ``TX_AMOUNT``, refused when it is not a whole number of cents |
| ``is_fraud`` of the label | ``TX_FRAUD``, source ``chargeback`` for fraud, else ``analyst`` |
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.column_check import check_columns
from ingestion.errors import InputFileError
from ingestion.messages import Message
from ingestion.population import Ints

LABEL_DELAY_MS = 7 * 86_400_000
BATCH_MESSAGES = 10_000
COLUMNS = ("TRANSACTION_ID", "TX_DATETIME", "CUSTOMER_ID", "TERMINAL_ID", "TX_AMOUNT", "TX_FRAUD")
CENT_TOLERANCE = 1e-6
TRANSACTION = (
    '{"event_id":"hb_%d","event_type":"transaction","event_time_ms":%d,"user_id":"hb_u%d","amount_cents":%d,'
    '"card_id":"hb_c%d","merchant_id":"hb_t%d"}'
)
LABEL = (
    '{"event_id":"hbl_%d","event_type":"label","event_time_ms":%d,"user_id":"hb_u%d",'
    '"labelled_event_id":"hb_%d","is_fraud":%s,"source":"%s"}'
)


@dataclass(frozen=True)
class Handbook:
    """Transactions in the order of the file's times, and whether their labels follow."""

    transaction_id: Ints
    time_ms: Ints
    customer: Ints
    terminal: Ints
    amount_cents: Ints
    is_fraud: Ints
    labels: bool

    @property
    def message_count(self) -> int:
        """Messages that the replay sends."""
        return len(self.time_ms) * (2 if self.labels else 1)

    def totals(self) -> dict[str, int]:
        """Counts and sums to compare a warehouse with."""
        return {
            "transactions": len(self.time_ms),
            "amount_cents": int(self.amount_cents.sum()),
            "zero_amounts": int((self.amount_cents == 0).sum()),
            "frauds": int(self.is_fraud.sum()),
        }

    def batches(self) -> Iterator[list[Message]]:
        """Yield transactions and labels in event-time order."""
        count = len(self.time_ms)
        times = np.concatenate([self.time_ms, self.time_ms + LABEL_DELAY_MS]) if self.labels else self.time_ms
        order = np.argsort(times, kind="stable")
        for first in range(0, len(order), BATCH_MESSAGES):
            part = order[first : first + BATCH_MESSAGES]
            messages: list[Message | None] = [None] * len(part)
            for where, made in (
                (np.flatnonzero(part < count), self._transactions(part[part < count])),
                (np.flatnonzero(part >= count), self._labels(part[part >= count] - count)),
            ):
                for place, message in zip(where.tolist(), made, strict=True):
                    messages[place] = message
            yield [message for message in messages if message is not None]

    def _transactions(self, rows: Ints) -> list[Message]:
        customer, ids = self.customer[rows], self.transaction_id[rows]
        check_columns("transaction", event_time_ms=self.time_ms[rows], amount_cents=self.amount_cents[rows])
        columns = (ids, self.time_ms[rows], customer, self.amount_cents[rows], customer, self.terminal[rows])
        values = [TRANSACTION % row for row in zip(*(column.tolist() for column in columns), strict=True)]
        return _messages("transaction", "hb_", customer, ids, values)

    def _labels(self, rows: Ints) -> list[Message]:
        customer, ids = self.customer[rows], self.transaction_id[rows]
        fraud = self.is_fraud[rows] == 1
        times = self.time_ms[rows] + LABEL_DELAY_MS
        check_columns("label", event_time_ms=times)
        source = np.where(fraud, "chargeback", "analyst")
        columns = (ids, times, customer, ids, np.where(fraud, "true", "false"), source)
        values = [LABEL % row for row in zip(*(column.tolist() for column in columns), strict=True)]
        return _messages("label", "hbl_", customer, ids, values)


def read_handbook(file: Path, limit: int | None = None, labels: bool = True) -> Handbook:
    """Read the file's transactions, in the order of their times.

    Raises:
        InputFileError: it is not such a file, or an amount is not a whole number of cents.
    """
    table = _read_table(file)
    times = table["TX_DATETIME"].cast(pa.timestamp("ms"), safe=False).cast(pa.int64()).to_numpy()
    order = np.argsort(times, kind="stable")[:limit]
    column = {name: table[name].to_numpy()[order] for name in COLUMNS if name != "TX_DATETIME"}
    return Handbook(
        transaction_id=column["TRANSACTION_ID"],
        time_ms=times[order],
        customer=column["CUSTOMER_ID"],
        terminal=column["TERMINAL_ID"],
        amount_cents=_cents(file, column["TX_AMOUNT"]),
        is_fraud=column["TX_FRAUD"],
        labels=labels,
    )


def _read_table(file: Path) -> pa.Table:
    if not file.is_file():
        raise InputFileError(f"{file}: no such file; expected the handbook's transactions as Parquet")
    try:
        found = pq.read_schema(file).names
        missing = [name for name in COLUMNS if name not in found]
        if not missing:
            return pq.read_table(file, columns=list(COLUMNS))
    except pa.ArrowInvalid as error:
        raise InputFileError(f"{file}: expected Parquet: {error}") from None
    raise InputFileError(f"{file}: expected columns {', '.join(COLUMNS)}; missing {', '.join(missing)}")


def _cents(file: Path, amounts: Any) -> Ints:
    cents: Ints = np.rint(amounts * 100).astype(np.int64)
    off = np.flatnonzero(np.abs(amounts * 100 - cents) > CENT_TOLERANCE)
    if len(off):
        raise InputFileError(
            f"{file}: row {off[0]}: TX_AMOUNT {amounts[off[0]]} is not a whole number of cents"
        )
    return cents


def _messages(event_type: str, prefix: str, customer: Ints, ids: Ints, values: list[str]) -> list[Message]:
    rest = (repeat("good"), *(repeat(None) for _ in range(4)), repeat(()))
    keys = [b"hb_u%d" % user for user in customer.tolist()]
    event_ids = [f"{prefix}{number}" for number in ids.tolist()]
    return list(
        map(
            Message._make,
            zip(keys, map(str.encode, values), repeat(event_type), event_ids, *rest, strict=False),
        )
    )
