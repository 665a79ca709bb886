"""Runs a command, and runs it again whenever it ended by itself, as a cluster does with its task managers.

A program of its own: ``python keeper.py COMMAND [ARGUMENT...]``, in the foreground.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from types import FrameType

STARTED_S = 10
"""Who never lived that long could not be started, and is not tried again."""
PAUSE_S = 1


class Keeper:
    """Keeps one command running until it is told to end."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._child: subprocess.Popen[bytes] | None = None
        self._is_ending = False

    def keep(self) -> int:
        """Return what the command returned, when it could not be started or was told to end."""
        has_started, status = False, 0
        while not self._is_ending:
            began = time.monotonic()
            self._child = subprocess.Popen(self._command)
            if self._is_ending:
                self._child.terminate()
            status = self._child.wait()
            has_started |= time.monotonic() - began >= STARTED_S
            if self._is_ending or not has_started:
                return status
            told = f"ended with status {status}, and is started again in {PAUSE_S} s"
            print(f"{self._command[0]}: {told}", file=sys.stderr, flush=True)  # noqa: T201
            time.sleep(PAUSE_S)
        return status

    def end(self, sign: int, _: FrameType | None) -> None:
        """Pass a signal on, and start nothing any more."""
        self._is_ending = True
        if self._child is not None and self._child.returncode is None:
            self._child.send_signal(sign)


if __name__ == "__main__":
    keeper = Keeper(sys.argv[1:])
    signal.signal(signal.SIGTERM, keeper.end)
    sys.exit(keeper.keep())
