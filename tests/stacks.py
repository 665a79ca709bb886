"""Stacks apart from the session's, for tests that kill engines or look at all that a topic holds."""

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
def stack_beside(name: str) -> Iterator[Stack]:
    """A stack beside the session's, so that what cleans up that one finds this one; stopped at the end."""
    beside = os.environ.get("TANDEM_TEST_STACK_DIR")
    with tempfile.TemporaryDirectory(prefix="tandem-test-", ignore_cleanup_errors=True) as given:
        Path(given).chmod(0o711)
        stack = Stack(stack_folder(Path(beside).with_name(name) if beside else Path(given) / "stack"))
        try:
            yield stack
        finally:
            stop_platform(stack)
