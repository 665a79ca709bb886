from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stack.folder import StackFolder, stack_folder
from stack.up import Stack

MakeStack = Callable[..., Stack]


@pytest.fixture
def folder(tmp_path: Path) -> StackFolder:
    return stack_folder(tmp_path / "stack")


@pytest.fixture
def make_stack() -> Iterator[MakeStack]:
    """Make stacks of one folder, as one process after the other would; what they started is stopped."""
    with tempfile.TemporaryDirectory(prefix="tandem-test-", ignore_cleanup_errors=True) as root:
        Path(root).chmod(0o711)
        made = stack_folder(Path(root) / "stack")

        def make(**environment: str) -> Stack:
            return Stack(made, environment)

        yield make
        make().down(tell=lambda _: None)
