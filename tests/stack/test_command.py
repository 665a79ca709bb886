"""The command line: exit codes and one line an error."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from stack.folder import ROOT


def test_status_of_a_stack_that_was_never_started_is_down_and_exits_with_one(tmp_path: Path) -> None:
    done = _run(tmp_path, "status")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert len(lines) == 8
    assert all("down" in line for line in lines)
    assert lines[0].split("\t")[0] == "Kafka"


def test_a_malformed_setting_is_one_line_that_names_it(tmp_path: Path) -> None:
    done = _run(tmp_path, "up", "--only", "mongo", MONGO_URI="db.example:27017")
    assert done.returncode == 2
    assert done.stderr.splitlines() == ["MONGO_URI: expected a URL like mongodb://host:port"]


def test_an_unknown_engine_is_told_with_those_that_there_are(tmp_path: Path) -> None:
    done = _run(tmp_path, "up", "--only", "kafka,redis")
    assert done.returncode == 2
    assert "no engine redis; expected some of kafka, postgres, mongo, flink, prometheus" in done.stderr


def test_scoring_without_a_stack_says_how_to_get_one(tmp_path: Path) -> None:
    done = _run(tmp_path, "score")
    assert done.returncode == 2
    assert "make up" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def _run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "stack", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "TANDEM_STACK_DIR": str(folder), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_clean_deletes_what_a_stack_made_and_nothing_else(tmp_path: Path) -> None:
    _run(tmp_path, "status")
    (tmp_path / "lake").mkdir()
    (tmp_path / "holiday.txt").write_text("mine")
    assert _run(tmp_path, "clean").returncode == 0
    assert [entry.name for entry in tmp_path.iterdir()] == ["holiday.txt"]
    (tmp_path / "holiday.txt").unlink()
    assert _run(tmp_path, "clean").returncode == 0
    assert not tmp_path.exists()
