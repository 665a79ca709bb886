"""The lake's transactions and what labels first said of them, as training data of the fraud score."""

from __future__ import annotations

from contextlib import closing

import pandas as pd

from contract.settings import Settings
from risk_models.errors import DataError
from risk_models.fraud_features import NEVER_MS, Transactions
from risk_models.fraud_history import as_transactions, ordered_rows
from risk_models.lake import content_hash, landed_runs, read_events
from storage.postgres import connect_batch, require_migrated

TRANSACTION_COLUMNS = ("event_id", "user_id", "merchant_id", "event_time_ms", "amount_cents")
LABEL_ORDER = ("event_time_ms", "append_time_ms", "partition", "offset")
LABEL_COLUMNS = ("labelled_event_id", "is_fraud", *LABEL_ORDER)


def read_lake_transactions(settings: Settings) -> tuple[Transactions, str]:
    """Return all transactions of the lake, and a hash of them.

    Raises:
        DataError: none has landed.
    """
    lake_uri = settings.require("lake_uri")
    with closing(connect_batch(settings, "tandem-models")) as connection:
        require_migrated(connection)
        batch_ids = landed_runs(connection)
    spent = read_events(lake_uri, batch_ids, "transaction", TRANSACTION_COLUMNS)
    if spent.empty:
        raise DataError("LAKE_URI: no transaction has landed: run `make score` first")
    table = with_first_labels(spent, read_events(lake_uri, batch_ids, "label", LABEL_COLUMNS))
    rows = ordered_rows(table.rename(columns={"event_id": "transaction_id"}))
    return as_transactions(rows), content_hash(table)


def with_first_labels(transactions: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    """Put beside each transaction what was first said of it, and when."""
    first = labels.sort_values(list(LABEL_ORDER)).drop_duplicates("labelled_event_id")
    first = first.set_index("labelled_event_id")
    is_fraud = transactions.event_id.map(first.is_fraud.astype("boolean")).fillna(False)
    known_ms = transactions.event_id.map(first.event_time_ms.astype("Int64")).fillna(NEVER_MS)
    return transactions.assign(is_fraud=is_fraud.astype("int8"), known_ms=known_ms.astype("int64"))
