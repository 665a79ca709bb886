"""The exit status of the batch's programs, with one line on stderr for what a person can act on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

from contract.settings import SettingsError
from rules.errors import RuleError
from spark_jobs.runs import AlreadyRunningError, RunError

EXIT_ERROR = 2
EXIT_ALREADY_RUNNING = 3
STATUSES: Mapping[type[Exception], int] = {
    AlreadyRunningError: EXIT_ALREADY_RUNNING,
    SettingsError: EXIT_ERROR,
    RunError: EXIT_ERROR,
    RuleError: EXIT_ERROR,
}


def exit_status(work: Callable[[], None], own: Mapping[type[Exception], int] | None = None) -> int:
    """Do the work; return 0, or say its error and return the status of that kind of error.

    ``own`` are errors of this program alone, before those that all have; any other error is a fault of the
    program and is raised.
    """
    statuses = {**(own or {}), **STATUSES}
    try:
        work()
    except tuple(statuses) as error:
        sys.stderr.write(f"error: {error}\n")
        return next(status for kind, status in statuses.items() if isinstance(error, kind))
    return 0
