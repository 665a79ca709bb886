"""Waiting until an engine answers a real request."""

from __future__ import annotations

import time
from collections.abc import Callable

from stack.errors import EngineEndedError, StackError
from stack.folder import StackFolder
from stack.processes import log_tail, pause, running

POLL_S = 0.1


def wait_until_answers(
    folder: StackFolder, engine: str, processes: tuple[str, ...], ask: Callable[[], str], timeout_s: float
) -> str:
    """Ask until there is an answer, and return it.

    Raises:
        StackError: a process ended, or no answer came in time; with the tail of its log.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            return ask()
        except Exception as error:  # whatever a client raises means: it does not answer yet
            problem = f"{type(error).__name__}: {error}".splitlines()[0]
        for process in processes:
            if running(folder, process) is None:
                raise EngineEndedError(f"{engine} ended while starting; the end of {_log(folder, process)}")
        if time.monotonic() > deadline:
            logs = "\n".join(f"the end of {_log(folder, process)}" for process in processes)
            raise StackError(f"{engine} did not answer within {timeout_s:.0f} s ({problem}); {logs}")
        pause(POLL_S)


def _log(folder: StackFolder, process: str) -> str:
    return f"{folder.log(process)}:\n{log_tail(folder.log(process))}"
