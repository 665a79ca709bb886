"""The documentation names everything that a person can set, call, write or read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from contract.documentation import render_events, render_settings
from contract.events import load_contract
from contract.settings import Settings
from rules.catalog import OPTIONAL_KEYS, REQUIRED_KEYS, load_catalog
from rules.documentation import render_catalog

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md"))]


def test_the_page_of_events_is_the_one_that_the_contract_gives() -> None:
    assert (DOCS / "events.md").read_text(encoding="utf-8") == render_events(load_contract())


def test_the_page_of_settings_is_the_one_that_the_settings_give() -> None:
    assert (DOCS / "settings.md").read_text(encoding="utf-8") == render_settings()


def test_the_page_of_the_catalog_is_the_one_that_the_rules_give() -> None:
    assert (DOCS / "catalog.md").read_text(encoding="utf-8") == render_catalog(load_catalog())


def test_every_setting_says_what_it_is() -> None:
    assert all(field.description for field in Settings.model_fields.values())


def test_every_make_target_is_in_the_readme_or_the_operations_page() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z-]+):.*## ", makefile, flags=re.MULTILINE)
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert targets
    assert [name for name in targets if f"make {name}" not in text] == []


def test_every_key_of_a_rule_is_in_the_page_of_rules() -> None:
    text = (DOCS / "rules.md").read_text(encoding="utf-8")
    assert [key for key in (*REQUIRED_KEYS, *OPTIONAL_KEYS) if f"| `{key}` |" not in text] == []


def test_every_table_and_view_of_the_warehouse_is_in_its_page() -> None:
    text = (DOCS / "warehouse.md").read_text(encoding="utf-8")
    migrations = "".join(
        file.read_text(encoding="utf-8") for file in sorted((ROOT / "storage" / "migrations").glob("*.sql"))
    )
    names = re.findall(
        r"^CREATE (?:OR REPLACE )?(?:UNLOGGED )?(?:TABLE|VIEW) (?:IF NOT EXISTS )?((?:warehouse|bi)\.\w+)",
        migrations,
        flags=re.MULTILINE,
    )
    assert names
    assert [name for name in names if f"`{name}`" not in text] == []


@pytest.mark.parametrize("command", ["produce", "replay", "send"])
def test_every_option_of_the_producer_is_in_its_page(command: str) -> None:
    from typer.main import get_command

    from ingestion.cli import app

    text = (DOCS / "producer.md").read_text(encoding="utf-8")
    options = [
        option
        for parameter in get_command(app).commands[command].params  # type: ignore[attr-defined]
        for option in parameter.opts
        if option.startswith("--") and option != "--help"
    ]
    assert options
    assert [option for option in options if f"`{option}" not in text] == []


def test_every_command_and_option_of_the_command_line_is_in_its_page() -> None:
    from typer.main import get_command

    from cli.application import load_commands

    text = (DOCS / "command-line.md").read_text(encoding="utf-8")
    wanted = []
    for group, commands in get_command(load_commands()).commands.items():  # type: ignore[attr-defined]
        for name, command in getattr(commands, "commands", {}).items():
            options = [option for parameter in command.params for option in parameter.opts]
            wanted += [f"`tandem {group} {name}"]
            wanted += [option for option in options if option.startswith("--") and option != "--help"]
    assert wanted
    assert [words for words in wanted if words not in text] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    local = [link for link in links if "://" not in link]
    assert [link for link in local if not (page.parent / link).exists()] == []
