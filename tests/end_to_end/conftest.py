"""One platform of its own, with one stream played through it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack.folder import ROOT
from stack.up import Stack
from tests.end_to_end.playing import Played, play
from tests.stacks import stack_beside

HANDBOOK_NAME = "handbook_transactions_2018-04-01_2018-09-04.parquet"


def find_handbook() -> Path | None:
    """The public data set, where the machine has it."""
    named = os.environ.get("TANDEM_HANDBOOK_FILE")
    file = Path(named) if named else ROOT.parent / "shared" / "datasets" / HANDBOOK_NAME
    return file if file.is_file() else None


@pytest.fixture(scope="package")
def platform_stack() -> Iterator[Stack]:
    """A stack apart from the session's, gone when these tests are done."""
    with stack_beside("end-to-end") as stack:
        yield stack


@pytest.fixture(scope="package")
def played(platform_stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Played:
    return play(platform_stack, tmp_path_factory.mktemp("played"), find_handbook())
