"""The lake's Parquet files, from which the events of one user or of old days are taken out.

``{LAKE_URI}/events/batch_id=<id>/event_date=<yyyy-mm-dd>/*.parquet``, on any file system that Arrow knows.
The caller sees to it that no batch job reads or writes meanwhile.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import fs

EVENT_DATE = re.compile(r"/event_date=(\d{4}-\d{2}-\d{2})$")


@dataclass(frozen=True)
class Lake:
    """The lake's root on its file system."""

    files: Any
    root: str

    @classmethod
    def at(cls, lake_uri: str) -> Lake:
        """Open the lake at a URI or at a path."""
        if not urlsplit(lake_uri).scheme:
            return cls(fs.LocalFileSystem(), str(Path(lake_uri).resolve()))
        files, root = fs.FileSystem.from_uri(lake_uri)
        return cls(files, root.rstrip("/"))

    def event_files(self) -> Iterator[str]:
        """Paths of the files of events, of failed runs too."""
        for entry in self._below("events"):
            if entry.type == fs.FileType.File and entry.path.endswith(".parquet"):
                yield entry.path

    def erase_user(self, user_id: str) -> tuple[int, set[str]]:
        """Take out the events of a user; return how many, and the ids of all of them.

        Files without the user stay as they are; the others are replaced whole.
        """
        ids: set[str] = set()
        erased = 0
        for path in self.event_files():
            users = pq.read_table(path, columns=["user_id", "event_id"], filesystem=self.files)
            mine = pc.equal(users["user_id"], user_id)
            count = pc.sum(mine).as_py() or 0
            if count:
                ids.update(users.filter(mine)["event_id"].to_pylist())
                self._replace_without(path, user_id)
                erased += count
        return erased, ids

    def drop_days_before(self, cutoff: date) -> int:
        """Delete the days before a date; return how many events they held."""
        dropped = 0
        for entry in self._below("events"):
            day = EVENT_DATE.search(entry.path)
            if entry.type == fs.FileType.Directory and day and date.fromisoformat(day[1]) < cutoff:
                dropped += sum(
                    pq.read_metadata(found.path, filesystem=self.files).num_rows
                    for found in self.files.get_file_info(fs.FileSelector(entry.path))
                    if found.path.endswith(".parquet")
                )
                self.files.delete_dir(entry.path)
        return dropped

    def _below(self, folder: str) -> list[Any]:
        selector = fs.FileSelector(f"{self.root}/{folder}", recursive=True, allow_not_found=True)
        return list(self.files.get_file_info(selector))

    def _replace_without(self, path: str, user_id: str) -> None:
        """Write the file anew beside itself, then put it in the old one's place.

        Hadoop keeps a checksum of a local file beside it; the old one's goes with it.
        """
        folder, _, name = path.rpartition("/")
        fresh = f"{folder}/.{name}.fresh"
        events = pq.ParquetFile(path, filesystem=self.files).read()
        kept = events.filter(pc.not_equal(events["user_id"], user_id))
        pq.write_table(kept, fresh, filesystem=self.files, compression="zstd")
        checksum = f"{folder}/.{name}.crc"
        if self.files.get_file_info(checksum).type == fs.FileType.File:
            self.files.delete_file(checksum)
        self.files.move(fresh, path)
