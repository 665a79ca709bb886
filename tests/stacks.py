"""Where the stacks of the tests are; those that are killed, or whose topics are looked at as a whole."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stack.folder import stack_folder
from stack.platform import stop_platform
from stack.up import Stack


@contextmanager
def stack_root(name: str) -> Iterator[Path]:
    """A folder for a stack of this test process, where what cleans up after the tests finds it.

    PostgreSQL's user can reach it.
    """
    with tempfile.TemporaryDirectory(prefix="tandem-test-", ignore_cleanup_errors=True) as given:
        Path(given).chmod(0o711)
        worker = os.environ.get("PYTEST_XDIST_WORKER", "all")
        yield Path(os.environ.get("TANDEM_TEST_STACKS_DIR", given)) / f"{name}-{worker}"


@contextmanager
def stack_beside(name: str) -> Iterator[Stack]:
    """A stack beside the session's, stopped at the end."""
    with stack_root(name) as root:
        stack = Stack(stack_folder(root))
        try:
            yield stack
        finally:
            stop_platform(stack)
