"""Where a backtest is written to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from spark_jobs.backtest.question import BacktestError


@dataclass(frozen=True)
class Output:
    """Files that are written beside the report, where a person names them."""

    png: Path | None = None
    json: Path | None = None

    def check(self) -> None:
        """Find out before the work whether the files can be written.

        Raises:
            BacktestError: a folder is not there.
        """
        for file in (self.png, self.json):
            if file and not file.resolve().parent.is_dir():
                raise BacktestError(f"{file}: there is no folder {file.resolve().parent} to write it into")
