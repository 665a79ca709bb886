"""Writes what BI tools open into ``bi/superset`` and ``bi/powerbi``; a test holds them in step."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from bi import powerbi_report, superset_export
from bi.columns import columns_of
from storage.documentation import Relation

FOLDER = Path(__file__).parent


def render_bi(relations: tuple[Relation, ...]) -> dict[str, str]:
    """Return all files, by path below ``bi``."""
    columns = columns_of(relations)
    tools = {"superset": superset_export, "powerbi": powerbi_report}
    return {
        f"{folder}/{path}": text
        for folder, tool in tools.items()
        for path, text in tool.render(columns).items()
    }


def write_bi(files: Mapping[str, str], folder: Path = FOLDER) -> None:
    """Put the files in place of those that were there."""
    for name in {path.split("/")[0] for path in files}:
        shutil.rmtree(folder / name, ignore_errors=True)
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
