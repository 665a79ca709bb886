"""Files of JSON lines: every line is a message at its place, byte for byte."""

from __future__ import annotations

import gzip
import json
import os

import pytest

from contract.settings import SettingsError
from spark_jobs.file_source import read_files
from tests.batch.events import good_events, transaction
from tests.batch.platform import Platform, events_jsonl

pytestmark = pytest.mark.engines

APPENDED_S = 1_760_000_000


def test_lines_keep_their_bytes_and_numbers(batch: Platform) -> None:
    lines = [
        b'{"a":1}\r',
        b"",
        b"\xff\xfe broken",
        b"\x00",
        b" " * 2_000_000 + b"end",
        "ü☃".encode(),
        b"last",
    ]
    file = batch.folder / "lines.jsonl"
    file.write_bytes(b"\n".join(lines))
    os.utime(file, (APPENDED_S, APPENDED_S))
    messages = read_files(batch.spark, str(file))
    rows = {row.offset: row for row in messages.rows.collect()}
    assert [bytes(rows[number].message) for number in range(len(lines))] == lines
    assert messages.count == len(lines)
    assert {(row.topic, row.partition, row.append_time_ms) for row in rows.values()} == {
        (f"file:{file}", 0, APPENDED_S * 1000)
    }


def test_line_numbers_go_on_over_the_blocks_of_a_large_file_and_over_many_files(batch: Platform) -> None:
    folder = batch.folder / "many"
    (folder / "deep").mkdir(parents=True)
    lines = [b"%d %s" % (number, b"x" * (number % 50)) for number in range(3000)]
    (folder / "a.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    (folder / "deep" / "b.jsonl.gz").write_bytes(gzip.compress(b"\n".join(lines[:500])))
    (folder / "empty.jsonl").write_bytes(b"")
    batch.spark.conf.set("spark.sql.files.maxPartitionBytes", "9000")
    try:
        messages = read_files(batch.spark, str(folder))
        rows = messages.rows.collect()
    finally:
        batch.spark.conf.unset("spark.sql.files.maxPartitionBytes")
    assert len(rows) == messages.count == 3500
    assert all(int(bytes(row.message).split()[0]) == row.offset for row in rows)


def test_files_are_landed_once(batch: Platform) -> None:
    events = good_events(3, 50)
    file = batch.folder / "events.jsonl"
    file.write_bytes(events_jsonl(events) + b"not json\n\n")
    first = batch.land_files(str(file)).counts
    assert (first.rows_read, first.rows_accepted, first.quarantined_by_reason) == (52, 50, {"not_json": 2})
    again = batch.land_files(str(file)).counts
    assert (again.rows_accepted, again.rows_duplicate, again.rows_quarantined) == (0, 50, 2)
    places = batch.rows(
        'SELECT topic, partition, "offset", reason FROM warehouse.data_quality_issues ORDER BY 3'
    )
    assert [(place[0].endswith("/events.jsonl"), *place[1:]) for place in places] == [
        (True, 0, 50, "not_json"),
        (True, 0, 51, "not_json"),
    ]


def test_files_and_the_topic_share_the_ledger_of_ids_but_not_the_offsets(batch: Platform) -> None:
    batch.send_events(transaction("t1"))
    batch.land()
    file = batch.folder / "events.jsonl"
    file.write_text(json.dumps(transaction("t1")) + "\n" + json.dumps(transaction("t2")) + "\n")
    counts = batch.land_files(str(file)).counts
    assert (counts.rows_accepted, counts.rows_duplicate, counts.quarantined_by_reason) == (1, 1, {})
    batch.send_events(transaction("t2"), transaction("t3"))
    counts = batch.land().counts
    assert (counts.rows_read, counts.rows_accepted, counts.rows_duplicate) == (2, 1, 1)


def test_a_missing_file_is_named(batch: Platform) -> None:
    with pytest.raises(SettingsError, match=r"--input: no file can be read at /no/such/\*\.jsonl"):
        batch.land_files("/no/such/*.jsonl")
