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


def keep(command: Sequence[str]) -> int:
    """Return what the command returned when it could not be started."""
    has_started = False
    while True:
        began = time.monotonic()
        child = subprocess.Popen(command)
        _pass_on(signal.SIGTERM, child)
        status = child.wait()
        has_started |= time.monotonic() - began >= STARTED_S
        if not has_started:
            return status
        told = f"ended with status {status}, and is started again in {PAUSE_S} s"
        print(f"{command[0]}: {told}", file=sys.stderr, flush=True)  # noqa: T201
        time.sleep(PAUSE_S)


def _pass_on(sign: signal.Signals, child: subprocess.Popen[bytes]) -> None:
    def end(number: int, _: FrameType | None) -> None:
        child.send_signal(number)
        raise SystemExit(child.wait())

    signal.signal(sign, end)


if __name__ == "__main__":
    sys.exit(keep(sys.argv[1:]))
