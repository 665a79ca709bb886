"""Programs of the tests that run in an engine's own environment."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from stack.folder import ROOT


def run_program(python: Path, program: Path, *arguments: Path, timeout_s: float) -> None:
    """Run a program with the project on its path; what it says on stderr is shown where it fails."""
    done = subprocess.run(
        [python, program, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-20000:]
