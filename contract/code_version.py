"""Which code runs: what runs and their records refer to."""

from __future__ import annotations

import subprocess
import tomllib
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).parent.parent


@cache
def code_version() -> str:
    """Return the short commit, `-dirty` with local changes; outside a repository the version."""
    command = ["git", "-C", str(PROJECT), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, check=True, text=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        definition = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
        return str(definition["project"]["version"])
