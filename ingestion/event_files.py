"""Files of events: good rows become messages, bad ones go to a file beside it with line and reason."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import orjson

from contract.card_numbers import mask_card_numbers
from contract.parser import parse_message
from ingestion.csv_rows import FILE_KINDS, BadRowError, Event, Row
from ingestion.errors import InputFileError
from ingestion.messages import Message

BATCH_ROWS = 5_000
JSON_LINES_SUFFIXES = (".jsonl", ".ndjson")
REJECTED_FIELDS = ("line", "reason", "row")
SURROGATE = re.compile("[\ud800-\udfff]")


class RejectedRow(NamedTuple):
    """A row that was not sent: where it begins, why, and what it was (card numbers masked)."""

    line: int
    reason: str
    row: str


@dataclass
class EventFile:
    """One file to send. ``now_ms`` is the time that event times are held against."""

    path: Path
    now_ms: int
    rows: int = 0
    rejected: list[RejectedRow] = field(default_factory=list)

    @property
    def rejected_path(self) -> Path:
        """Where rejected rows go: ``transactions.rejected.csv`` beside ``transactions.csv``."""
        return self.path.with_name(f"{self.path.stem}.rejected.csv")

    def batches(self) -> Iterator[list[Message]]:
        """Yield the good rows' messages; the bad ones are in ``rejected``.

        Raises:
            InputFileError: the file as a whole cannot be read.
        """
        json_lines = self.path.suffix in JSON_LINES_SUFFIXES
        with closing(self._json_lines() if json_lines else self._csv_rows()) as messages:
            while batch := list(islice(messages, BATCH_ROWS)):
                yield batch

    def write_rejected(self) -> None:
        """Write the rejected rows; a file of an earlier try is removed when there are none."""
        if not self.rejected:
            self.rejected_path.unlink(missing_ok=True)
            return
        with self.rejected_path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(REJECTED_FIELDS)
            writer.writerows(self.rejected)

    def _json_lines(self) -> Generator[Message, None, None]:
        with self.path.open("rb") as file:
            for line, raw in enumerate(file, start=1):
                text = raw.rstrip(b"\r\n")
                if not text.strip():
                    continue
                self.rows += 1
                refused, event = self._parsed(text)
                if refused:
                    self._reject(line, refused, text.decode("utf-8", "replace"))
                else:
                    yield _message(event, text)

    def _csv_rows(self) -> Generator[Message, None, None]:
        with self.path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = [name.strip() for name in next(reader, [])]
            read_row = self._row_reader(header)
            line = reader.line_num + 1
            while True:
                try:
                    values = next(reader, None)
                except csv.Error as error:
                    self.rows += 1
                    self._reject(line, f"not CSV: {error}", "")
                else:
                    if values is None:
                        return
                    if values:
                        self.rows += 1
                        yield from self._row_messages(line, header, values, read_row)
                line = reader.line_num + 1

    def _row_reader(self, header: list[str]) -> Callable[[Row], list[Event]]:
        for column, (required, read_row) in FILE_KINDS.items():
            if column in header:
                missing = [name for name in required if name not in header]
                if not missing:
                    return read_row
                raise InputFileError(f"{self.path}:1: missing columns: {', '.join(missing)}")
        raise InputFileError(
            f"{self.path}:1: expected a header with {' or '.join(FILE_KINDS)}, or a file of JSON lines "
            f"({', '.join(JSON_LINES_SUFFIXES)})"
        )

    def _row_messages(
        self, line: int, header: list[str], values: list[str], read_row: Callable[[Row], list[Event]]
    ) -> list[Message]:
        try:
            if len(values) != len(header):
                raise BadRowError(f"expected {len(header)} columns, got {len(values)}")
            if any(map(SURROGATE.search, values)):
                raise BadRowError("expected UTF-8")
            row = {name: value.strip() for name, value in zip(header, values, strict=True)}
            events = read_row(row)
            texts = [orjson.dumps(event) for event in events]
            for text in texts:
                refused, _ = self._parsed(text)
                if refused:
                    raise BadRowError(refused)
        except BadRowError as error:
            self._reject(line, str(error), ",".join(values))
            return []
        return [_message(event, text) for event, text in zip(events, texts, strict=True)]

    def _parsed(self, text: bytes) -> tuple[str | None, Event]:
        """Why the contract refuses the text as a message of now, and the event if it does not."""
        parsed = parse_message(text, self.now_ms)
        if parsed.reason:
            return f"{parsed.reason.value}: {parsed.detail}", {}
        return None, dict(parsed.values)

    def _reject(self, line: int, reason: str, row: str) -> None:
        readable = row.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        masked = mask_card_numbers(readable.encode()).decode("utf-8", "replace")
        self.rejected.append(RejectedRow(line, reason, masked))


def open_event_file(path: Path, now_ms: int) -> EventFile:
    """Return a file to send.

    Raises:
        InputFileError: there is no such file.
    """
    if not path.is_file():
        raise InputFileError(f"{path}: no such file; expected a CSV file or JSON lines")
    return EventFile(path, now_ms)


def _message(event: Event, text: bytes) -> Message:
    return Message(str(event["user_id"]).encode(), text, str(event["event_type"]), str(event["event_id"]))
