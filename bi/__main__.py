"""`python -m bi`: packs the Superset export into a ZIP."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bi.superset_export import pack

FOLDER = Path(__file__).parent
EXPORT = FOLDER / "superset"

app = typer.Typer(add_completion=False, help=__doc__)


@app.command()
def main(target: Annotated[Path, typer.Argument()] = Path("tandem_superset.zip")) -> None:
    """Write the ZIP that Superset's import of dashboards takes."""
    files = {
        str(path.relative_to(EXPORT)): path.read_text(encoding="utf-8") for path in EXPORT.rglob("*.yaml")
    }
    pack(dict(sorted(files.items())), target)
    typer.echo(f"{target}: {len(files)} files")


if __name__ == "__main__":
    app()
