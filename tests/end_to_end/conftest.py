"""One platform of its own, with one stream played through it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack.folder import ROOT, stack_folder
from stack.platform import stop_platform
from stack.up import Stack
from tests.end_to_end.playing import Played, play

HANDBOOK_NAME = "handbook_transactions_2018-04-01_2018-09-04.parquet"


def find_handbook() -> Path | None:
    """The public data set, where the machine has it."""
    named = os.environ.get("TANDEM_HANDBOOK_FILE")
    file = Path(named) if named else ROOT.parent / "shared" / "datasets" / HANDBOOK_NAME
    return file if file.is_file() else None


@pytest.fixture(scope="session")
def platform_stack() -> Iterator[Stack]:
    """A stack apart from the session's; beside it, so that what cleans up that one finds this one."""
    beside = os.environ.get("TANDEM_TEST_STACK_DIR")
    with tempfile.TemporaryDirectory(prefix="tandem-test-", ignore_cleanup_errors=True) as given:
        Path(given).chmod(0o711)
        stack = Stack(stack_folder(Path(beside).with_name("end-to-end") if beside else Path(given) / "stack"))
        try:
            yield stack
        finally:
            stop_platform(stack)


@pytest.fixture(scope="session")
def played(platform_stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Played:
    return play(platform_stack, tmp_path_factory.mktemp("played"), find_handbook())
