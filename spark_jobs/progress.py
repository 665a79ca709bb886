"""What a batch job says while it works: one line a step, with the seconds since it began."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from rich.console import Console


@dataclass
class Progress:
    """Lines on standard output, the same on a terminal and in CI."""

    job: str
    console: Console = field(default_factory=lambda: Console(highlight=False, soft_wrap=True))
    started: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        """Seconds since the job began."""
        return time.monotonic() - self.started

    def say(self, text: str) -> None:
        """Print one step."""
        self.console.print(f"{self.job} {self.seconds:6.1f} s  {text}", markup=False)

    def show(self, text: str) -> None:
        """Print lines of the final summary."""
        self.console.print(text, markup=False)
