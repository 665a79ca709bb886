from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import orjson
import pytest

from contract.parser import parse_message
from ingestion.csv_rows import BadRowError, parse_cents, parse_time_ms
from ingestion.errors import InputFileError
from ingestion.event_files import EventFile, open_event_file

NOW_MS = 1_750_000_000_000
HEADER = (
    "transaction_id,user_id,amount,timestamp,location,merchant,card_type,device_id,"
    "credit_score,risk_level,is_fraud"
)
TIME = "2025-03-01T12:00:00Z"
TIME_MS = 1_740_830_400_000
LOANS = "application_id,user_id,credit_score,loan_amount,timestamp,region"


def read(
    tmp_path: Path, text: str | bytes, name: str = "transactions.csv"
) -> tuple[list[dict[str, Any]], EventFile]:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    file = open_event_file(path, NOW_MS)
    messages = [message for batch in file.batches() for message in batch]
    for message in messages:
        assert parse_message(message.value, NOW_MS).reason is None
    file.write_rejected()
    return [orjson.loads(message.value or b"") for message in messages], file


def transaction(**changes: str) -> str:
    row = {
        "transaction_id": "t1",
        "user_id": "u1",
        "amount": "12.34",
        "timestamp": TIME,
        "location": "Lisbon, PT",
    }
    row |= {
        "merchant": "cafe",
        "card_type": "debit",
        "device_id": "d1",
        "credit_score": "700",
        "risk_level": "Low",
    }
    row |= {"is_fraud": "", **changes}
    return HEADER + "\n" + ",".join(f'"{row[name]}"' for name in HEADER.split(",")) + "\n"


def test_a_transaction_becomes_an_event_without_the_computed_columns(tmp_path: Path) -> None:
    (event,), file = read(tmp_path, transaction())
    assert event.pop("card_id").startswith("card_")
    assert event == {
        **{"event_id": "t1", "event_type": "transaction", "event_time_ms": TIME_MS, "user_id": "u1"},
        **{"amount_cents": 1_234, "merchant_id": "cafe", "card_type": "debit", "device_id": "d1"},
        **{"city": "Lisbon", "country": "PT"},
    }
    assert not file.rejected


@pytest.mark.parametrize(("told", "is_fraud"), [("1", True), ("0", False), ("True", True), ("FALSE", False)])
def test_is_fraud_becomes_a_label(told: str, is_fraud: bool, tmp_path: Path) -> None:
    (event, label), _ = read(tmp_path, transaction(is_fraud=told))
    assert label["labelled_event_id"] == event["event_id"]
    assert label["is_fraud"] is is_fraud
    assert label["event_id"] != event["event_id"]


def test_cards_are_of_a_person_and_a_type(tmp_path: Path) -> None:
    def card(**changes: str) -> str:
        (event,), _ = read(tmp_path, transaction(**changes))
        return str(event["card_id"])

    assert card() == card(transaction_id="t2", merchant="bar")
    assert len({card(), card(card_type="credit"), card(user_id="u2")}) == 3


def test_an_application_becomes_an_event(tmp_path: Path) -> None:
    (event,), _ = read(tmp_path, f"{LOANS}\na1,u1,640,15000.00,{TIME},North\n", "loan_applications.csv")
    assert event == {
        **{"event_id": "a1", "event_type": "application", "event_time_ms": TIME_MS, "user_id": "u1"},
        **{"credit_score": 640, "loan_amount_cents": 1_500_000, "region": "North"},
    }


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("0", 0),
        ("0.1", 10),
        ("1.10", 110),
        ("1.100", 110),
        ("-0.01", -1),
        ("999999999999.99", 99_999_999_999_999),
    ],
)
def test_amounts_are_exact(text: str, cents: int) -> None:
    assert parse_cents("amount", text) == cents


@pytest.mark.parametrize(
    "text", ["", "1,5", "1e3", "NaN", "Infinity", "1.005", "12.", ".5", "+1", "1_000", "$5", "٣"]
)
def test_amounts_that_are_no_plain_decimals_are_refused(text: str) -> None:
    with pytest.raises(BadRowError, match="amount: expected"):
        parse_cents("amount", text)


@pytest.mark.parametrize(
    ("text", "time_ms"),
    [
        ("2025-03-01T12:00:00Z", TIME_MS),
        ("2025-03-01 12:00:00", TIME_MS),
        ("2025-03-01T14:00:00+02:00", TIME_MS),
        ("2025-03-01T12:00:00.123", TIME_MS + 123),
        ("2025-03-01T07:00:00.999999-05:00", TIME_MS + 999),
    ],
)
def test_times_are_utc_unless_they_have_an_offset(text: str, time_ms: int) -> None:
    assert parse_time_ms(text) == time_ms


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"amount": "12,34"}, "amount: expected a decimal number"),
        ({"amount": "-1"}, "out_of_range: amount_cents"),
        ({"timestamp": "yesterday"}, "timestamp: expected ISO 8601"),
        ({"timestamp": "1999-12-31T00:00:00Z"}, "out_of_range: event_time_ms"),
        ({"timestamp": "2099-01-01T00:00:00Z"}, "future_event_time"),
        ({"transaction_id": ""}, "missing_field: event_id"),
        ({"transaction_id": "x" * 65}, "out_of_range: event_id"),
        ({"merchant": ""}, "missing_field: merchant_id"),
        ({"merchant": "card 4111 1111 1111 1111"}, "card_number: merchant_id"),
        ({"is_fraud": "maybe"}, "is_fraud: expected"),
        ({"device_id": "a\x00b"}, "out_of_range: device_id"),
        ({"location": "two\nlines"}, "out_of_range: city"),
    ],
)
def test_a_bad_row_is_reported_and_the_next_one_sent(
    changes: dict[str, str], reason: str, tmp_path: Path
) -> None:
    good = transaction(transaction_id="good").splitlines()[1]
    events, file = read(tmp_path, transaction(**changes) + good + "\n")
    assert [event["event_id"] for event in events] == ["good"]
    (rejected,) = file.rejected
    assert rejected.line == 2
    assert rejected.reason.startswith(reason)
    assert file.rows == 2


def test_rejected_rows_are_written_with_line_and_reason_and_masked(tmp_path: Path) -> None:
    bad = transaction(merchant="4111 1111 1111 1111")
    _, file = read(tmp_path, bad)
    with file.rejected_path.open(newline="") as rejected:
        (row,) = csv.DictReader(rejected)
    assert row["line"] == "2"
    assert row["reason"].startswith("card_number: merchant_id")
    assert "4111 1111" not in row["row"]
    assert "t1,u1,12.34" in row["row"]
    _, file = read(tmp_path, transaction())
    assert not file.rejected_path.exists()


def test_odd_but_right_csv_is_read(tmp_path: Path) -> None:
    body = transaction(location='Quinta ""do"" Lago').replace("\n", "\r\n") + "\r\n\r\n"
    (event,), file = read(tmp_path, b"\xef\xbb\xbf" + body.encode())
    assert event["city"] == 'Quinta "do" Lago'
    assert (file.rows, file.rejected) == (1, [])


def test_lines_are_counted_across_quoted_line_ends(tmp_path: Path) -> None:
    two_lines = transaction(location="a\nb")
    bad = transaction(amount="x").splitlines()[1]
    _, file = read(tmp_path, two_lines + bad + "\n")
    assert [rejected.line for rejected in file.rejected] == [2, 4]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"t1,u1,1\n", "expected 11 columns, got 3"),
        (
            transaction(location="Z\udcfcrich").splitlines()[1].encode("utf-8", "surrogateescape") + b"\n",
            "expected UTF-8",
        ),
        (b'"t1"x,u1\n', "not CSV"),
        (b'"t1,u1\n', "not CSV"),
    ],
)
def test_rows_that_are_not_csv_are_reported(bad: bytes, reason: str, tmp_path: Path) -> None:
    events, file = read(tmp_path, transaction().encode() + bad)
    assert len(events) == 1
    (rejected,) = file.rejected
    assert rejected.line == 3
    assert rejected.reason.startswith(reason)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "expected a header"),
        ("a,b\n1,2\n", "transaction_id or application_id"),
        ("transaction_id,user_id\nt,u\n", "missing columns: amount, timestamp, merchant"),
    ],
)
def test_a_file_of_another_kind_is_refused_whole(text: str, expected: str, tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match=expected):
        read(tmp_path, text)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match=r"nothing\.csv: no such file"):
        open_event_file(tmp_path / "nothing.csv", NOW_MS)


def test_json_lines_are_sent_as_they_are_and_bad_ones_reported(tmp_path: Path) -> None:
    good = (
        '{"event_id":"e1", "event_type":"payment","event_time_ms":1740830400000,"user_id":"u1",'
        '"application_id":"a","status":"made","amount_cents":1,"more":[1]}'
    )
    path = tmp_path / "events.jsonl"
    path.write_text(good + "\n\nnot json\n" + good.replace("e1", "e2").replace('"made"', '"late"') + "\n")
    file = open_event_file(path, NOW_MS)
    ((message,),) = file.batches()
    assert message.value == good.encode()
    assert (message.key, message.event_id, message.event_type) == (b"u1", "e1", "payment")
    assert [(row.line, row.reason.split(":")[0]) for row in file.rejected] == [
        (3, "not_json"),
        (4, "out_of_range"),
    ]
