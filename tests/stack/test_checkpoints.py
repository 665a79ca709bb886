from __future__ import annotations

import os
from pathlib import Path

from stack.checkpoints import newest_complete_checkpoint


def test_without_a_checkpoint_there_is_none(tmp_path: Path) -> None:
    assert newest_complete_checkpoint(f"file://{tmp_path}/absent") is None
    (tmp_path / "run" / "shared").mkdir(parents=True)
    assert newest_complete_checkpoint(f"file://{tmp_path}") is None


def test_a_newer_checkpoint_without_metadata_is_passed_over(tmp_path: Path) -> None:
    complete = _checkpoint(tmp_path, "run", 7, at=1_000)
    (tmp_path / "run" / "chk-8").mkdir()
    assert newest_complete_checkpoint(f"file://{tmp_path}") == f"file://{complete}"


def test_metadata_that_a_kill_left_empty_is_passed_over(tmp_path: Path) -> None:
    complete = _checkpoint(tmp_path, "run", 7, at=1_000)
    _checkpoint(tmp_path, "run", 8, at=2_000, text="")
    assert newest_complete_checkpoint(f"file://{tmp_path}/") == f"file://{complete}"


def test_the_newest_in_time_wins_over_a_higher_number_of_an_older_run(tmp_path: Path) -> None:
    _checkpoint(tmp_path, "older", 99, at=1_000)
    newest = _checkpoint(tmp_path, "newer", 3, at=2_000)
    assert newest_complete_checkpoint(f"file://{tmp_path}") == f"file://{newest}"


def test_of_two_of_the_same_moment_the_later_number_wins(tmp_path: Path) -> None:
    _checkpoint(tmp_path, "run", 9, at=1_000)
    later = _checkpoint(tmp_path, "run", 10, at=1_000)
    assert newest_complete_checkpoint(f"file://{tmp_path}") == f"file://{later}"


def _checkpoint(root: Path, run: str, number: int, at: int, text: str = "state") -> Path:
    folder = root / run / f"chk-{number}"
    folder.mkdir(parents=True)
    (folder / "_metadata").write_text(text)
    os.utime(folder / "_metadata", (at, at))
    return folder
