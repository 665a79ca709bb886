"""Renders the page of the catalog from its rules.

``python -m rules.documentation`` rewrites ``docs/catalog.md``; a test fails when it is out of step.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rules.catalog import Rule, load_catalog

PAGE = Path(__file__).parents[1] / "docs" / "catalog.md"


def render_catalog(rules: Sequence[Rule]) -> str:
    """The page of the rules by event type: what each finds, reads and where it comes from, as Markdown."""
    lines = [
        "# Catalog of rules",
        "",
        "The rules in `rules/catalog/`; `python -m rules.documentation` writes this page from them.",
        "How to read and write one: [rules.md](rules.md).",
    ]
    for event_type in dict.fromkeys(rule.on for rule in rules):
        lines += ["", f"## On `{event_type}`"]
        for rule in rules:
            if rule.on == event_type:
                lines += _section(rule)
    return "\n".join(lines) + "\n"


def _section(rule: Rule) -> list[str]:
    lines = ["", f"### `{rule.id}`", "", f"{_line(rule.doc)} Severity: {rule.severity}.", ""]
    for name, feature in rule.features.items():
        lines.append(f"- `{name}`: `{feature.text}`")
    for name, parameter in rule.parameters.items():
        lines.append(f"- parameter `{name}`: {parameter.default}, from {parameter.low} to {parameter.high}")
    return [*lines, f"- fires when `{_line(rule.when)}`", f"- source: {_line(rule.source)}"]


def _line(text: str) -> str:
    return " ".join(text.split())


def write_page(page: Path = PAGE) -> None:
    """Write the page."""
    page.write_text(render_catalog(load_catalog()), encoding="utf-8")


if __name__ == "__main__":
    write_page()
