from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

import orjson
import pandas as pd
import pytest

from contract.parser import parse_message
from ingestion.errors import InputFileError
from ingestion.handbook import read_handbook

NOW_MS = 1_700_000_000_000
WEEK_MS = 7 * 24 * 3_600_000
SLICE = 5_000


@pytest.fixture(scope="module")
def frame(handbook_file: Path) -> pd.DataFrame:
    return pd.read_parquet(handbook_file)


def cents(amount: float) -> int:
    return int(Decimal(repr(amount)).quantize(Decimal("0.01"), ROUND_HALF_EVEN).scaleb(2))


def test_counts_and_sums_equal_the_file(handbook_file: Path, frame: pd.DataFrame) -> None:
    amounts = [cents(amount) for amount in frame.TX_AMOUNT]
    assert read_handbook(handbook_file).totals() == {
        "transactions": len(frame),
        "amount_cents": sum(amounts),
        "zero_amounts": amounts.count(0),
        "frauds": int(frame.TX_FRAUD.sum()),
    }
    if len(frame) > 1_000_000:
        assert (len(frame), amounts.count(0)) == (1_504_628, 33)


def test_every_row_becomes_a_transaction_and_a_label_a_week_later(
    handbook_file: Path, frame: pd.DataFrame
) -> None:
    rows = frame.sort_values("TX_DATETIME", kind="stable").head(SLICE)
    messages = [m for batch in read_handbook(handbook_file, limit=SLICE).batches() for m in batch]
    events = [orjson.loads(message.value or b"") for message in messages]
    assert [event["event_time_ms"] for event in events] == sorted(event["event_time_ms"] for event in events)
    for message, event in zip(messages, events, strict=True):
        parsed = parse_message(message.value, NOW_MS)
        assert parsed.reason is None, parsed.detail
        assert (message.key.decode(), message.event_id) == (event["user_id"], event["event_id"])
    by_id = {event["event_id"]: event for event in events}
    assert len(by_id) == 2 * len(rows)
    for row in rows.to_dict("records"):
        time_ms = int(row["TX_DATETIME"].value // 1_000_000)
        number = row["TRANSACTION_ID"]
        transaction, label = by_id[f"hb_{number}"], by_id[f"hbl_{number}"]
        assert transaction == {
            **{
                "event_id": f"hb_{number}",
                "event_type": "transaction",
                "event_time_ms": time_ms,
            },
            **{"user_id": f"hb_u{row['CUSTOMER_ID']}", "amount_cents": cents(row["TX_AMOUNT"])},
            **{"card_id": f"hb_c{row['CUSTOMER_ID']}", "merchant_id": f"hb_t{row['TERMINAL_ID']}"},
        }
        assert label["labelled_event_id"] == transaction["event_id"]
        assert label["event_time_ms"] == time_ms + WEEK_MS
        assert label["is_fraud"] is bool(row["TX_FRAUD"])


def test_labels_can_be_left_out(handbook_file: Path) -> None:
    handbook = read_handbook(handbook_file, limit=100, labels=False)
    messages = [message for batch in handbook.batches() for message in batch]
    assert [message.event_type for message in messages] == ["transaction"] * 100
    assert handbook.message_count == 100


def test_a_file_of_another_shape_is_refused(tmp_path: Path, handbook_file: Path) -> None:
    with pytest.raises(InputFileError, match="no such file"):
        read_handbook(tmp_path / "nothing.parquet")
    (tmp_path / "text.parquet").write_text("no parquet")
    with pytest.raises(InputFileError, match="expected Parquet"):
        read_handbook(tmp_path / "text.parquet")
    pd.DataFrame({"TRANSACTION_ID": [1]}).to_parquet(tmp_path / "other.parquet")
    with pytest.raises(InputFileError, match="missing TX_DATETIME"):
        read_handbook(tmp_path / "other.parquet")


def test_parts_of_a_cent_are_refused(tmp_path: Path, handbook_file: Path, frame: pd.DataFrame) -> None:
    frame.head(3).assign(TX_AMOUNT=[1.0, 2.005, 3.0]).to_parquet(tmp_path / "cents.parquet")
    with pytest.raises(InputFileError, match="row 1: TX_AMOUNT"):
        read_handbook(tmp_path / "cents.parquet")
