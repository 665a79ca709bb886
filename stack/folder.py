"""Where things are: the project's own folders, and the folder of one stack."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
JARS = TOOLS / "jars"
STREAM_PYTHON = ROOT / ".venv-flink" / "bin" / "python"
DEFAULT_STACK = ROOT / ".stack"
FOLDERS = (
    *("logs", "run", "lake", "checkpoints"),
    *("kafka", "postgres", "mongo", "flink", "prometheus", "spark"),
)
FILES = ("env", "ports.json", "lock", "demo-ledger.jsonl")


@dataclass(frozen=True)
class StackFolder:
    """One stack's state: settings, logs, process ids and the engines' data."""

    root: Path

    @property
    def env(self) -> Path:
        """Settings as NAME=value lines; holds the passwords, readable by its owner only."""
        return self.root / "env"

    @property
    def ports(self) -> Path:
        """The ports that were given out, so that a restarted engine keeps its address."""
        return self.root / "ports.json"

    @property
    def lake(self) -> Path:
        """The lake of accepted events, where LAKE_URI does not name another."""
        return self.root / "lake"

    @property
    def checkpoints(self) -> Path:
        """Flink's checkpoints, where CHECKPOINT_URI does not name another."""
        return self.root / "checkpoints"

    def log(self, process: str) -> Path:
        """The log of one process."""
        return self.root / "logs" / f"{process}.log"

    def pid(self, process: str) -> Path:
        """The file with one process's id and start time."""
        return self.root / "run" / f"{process}.pid"

    def data(self, engine: str) -> Path:
        """The folder in which an engine keeps its data and its configuration."""
        return self.root / engine

    def remove(self) -> None:
        """Delete what a stack makes, and nothing else that may lie in its folder."""
        for name in FOLDERS:
            shutil.rmtree(self.root / name, ignore_errors=True)
        for name in FILES:
            (self.root / name).unlink(missing_ok=True)
        if not any(self.root.iterdir()):
            self.root.rmdir()

    @property
    def is_default(self) -> bool:
        """Whether this is the project's own `.stack`, which takes the usual ports where they are free."""
        return self.root == DEFAULT_STACK


def stack_folder(root: Path | None = None) -> StackFolder:
    """The stack at ``root``, else at TANDEM_STACK_DIR, else at `.stack`; the folder is made."""
    chosen = root or Path(os.environ.get("TANDEM_STACK_DIR") or DEFAULT_STACK)
    folder = StackFolder(chosen.expanduser().resolve())
    for part in ("logs", "run"):
        (folder.root / part).mkdir(parents=True, exist_ok=True)
    return folder
