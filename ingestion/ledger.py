"""The ledger: one JSON line per acknowledged message, for whoever compares later.

The last line is the summary. A name that ends in ``.gz`` is compressed.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Any, cast

import orjson

from ingestion.messages import Message

SUMMARY = "summary"


class Ledger:
    """Writes the file as acknowledgements come in."""

    def __init__(self, path: Path, topic: str) -> None:
        self._topic = topic
        self._file = _open_to_write(path)

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._file.close()

    def write(self, acknowledged: list[tuple[Message, int, int]]) -> None:
        """Append one line for each message with its partition and offset."""
        self._file.write("".join(_line(*entry) for entry in acknowledged).encode())

    def close(self, summary: dict[str, Any]) -> None:
        """Write the summary and close the file."""
        self._file.write(orjson.dumps({SUMMARY: {"topic": self._topic, **summary}}) + b"\n")
        self._file.close()


def _open_to_write(path: Path) -> IO[bytes]:
    file = gzip.GzipFile(path, "wb", compresslevel=1, mtime=0) if _gz(path) else path.open("wb")
    return cast(IO[bytes], file)


def _gz(path: Path) -> bool:
    return path.suffix == ".gz"


def _line(message: Message, partition: int, offset: int) -> str:
    """Event ids and names hold nothing that JSON escapes, but for ids of files: those go through orjson."""
    if message.scenario is None and message.reason is None and message.event_id is not None:
        event_id = message.event_id
        if event_id.isascii() and event_id.replace("_", "").isalnum():
            return (
                f'{{"event_id":"{event_id}","event_type":"{message.event_type}","kind":"{message.kind}",'
                f'"reason":null,"fault":null,"scenario":null,"step":null,"expected_alerts":[],'
                f'"partition":{partition},"offset":{offset}}}\n'
            )
    fields = {name: getattr(message, name) for name in Message._fields if name not in {"key", "value"}}
    return orjson.dumps({**fields, "partition": partition, "offset": offset}).decode() + "\n"


def read_ledger(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the entries of a ledger, without the summary."""
    for entry in _lines(path):
        if SUMMARY not in entry:
            yield entry


def read_summary(path: Path) -> dict[str, Any]:
    """Return the summary of a ledger.

    Raises:
        ValueError: the file has none: the producer was killed.
    """
    for entry in _lines(path):
        if SUMMARY in entry:
            return dict(entry[SUMMARY])
    raise ValueError(f"{path}: no summary line: the producer did not finish")


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rb") if _gz(path) else path.open("rb") as file:
        yield from map(orjson.loads, file)
