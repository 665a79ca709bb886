"""Shows how a run goes: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ingestion.metrics import ProducerMetrics
from ingestion.tally import Tally

LINE_SECONDS = 5.0


class RunProgress:
    """Observes a delivery; ``total`` is about how many messages there will be, None if unknown."""

    def __init__(self, console: Console, total: int | None, metrics: ProducerMetrics) -> None:
        self._console = console
        self._metrics = metrics
        self._started_at = self._said_at = time.monotonic()
        self._count = 0
        self._bar = Progress(
            TextColumn("acknowledged"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]:,.0f}/s"),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("send", total=total, rate=0.0)

    def __enter__(self) -> RunProgress:
        if self._console.is_terminal:
            self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        if self._console.is_terminal:
            self._bar.stop()

    @property
    def seconds(self) -> float:
        """Time since the start."""
        return max(time.monotonic() - self._started_at, 1e-9)

    @property
    def rate(self) -> float:
        """Messages acknowledged a second, over the whole run."""
        return self._count / self.seconds

    def acknowledged(self, tally: Tally) -> None:
        """Take in counts of messages that the broker has."""
        self._count += tally.messages
        self._metrics.acknowledged(tally)
        self._bar.update(self._task, completed=self._count, rate=self.rate)
        if not self._console.is_terminal and time.monotonic() - self._said_at > LINE_SECONDS:
            self._said_at = time.monotonic()
            line = f"acknowledged {self._count:,} messages, {self.rate:,.0f}/s"
            self._console.print(line, highlight=False, soft_wrap=True)

    def failed(self, count: int) -> None:
        """Take in how many messages failed."""
        self._metrics.failed(count)
