"""Engines for one benchmark, in a folder that goes with them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stack.folder import stack_folder
from stack.up import Stack


@contextmanager
def engines(*names: str) -> Iterator[Stack]:
    """A stack of its own with the named engines running; all of it is gone at the end."""
    with tempfile.TemporaryDirectory(prefix="tandem-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        stack = Stack(stack_folder(Path(folder)))
        try:
            stack.up(names)
            yield stack
        finally:
            stack.down()
