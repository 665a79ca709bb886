"""The files of the catalog as facts: they seed the topic, and bring it up to date where they are newer."""

from __future__ import annotations

from pathlib import Path

from contract.settings import Settings
from rules.catalog import catalog_folder, load_catalog
from rules.dated_rules import catalog_changes
from rules.fact_history import FactHistory
from rules.facts import Fact
from storage.facts import publish_facts, read_facts


def catalog_facts(folder: Path, history: FactHistory, now_ms: int, lead_ms: int = 0) -> list[Fact]:
    """Return what the files say and a history does not.

    Raises:
        RuleError: a file is no rule, or a rule has changed and its version has not.
    """
    texts = [
        (rule, (folder / f"{rule.id}.yaml").read_text(encoding="utf-8")) for rule in load_catalog(folder)
    ]
    return catalog_changes(texts, history, now_ms, lead_ms)


def take_in_catalog(settings: Settings, now_ms: int) -> FactHistory:
    """Publish what the files say and the topic does not, and return the history with it.

    Raises:
        RuleError: a file is no rule, or a rule has changed and its version has not.
        SettingsError: the brokers do not answer, or the topic is absent.
    """
    history = read_facts(settings)
    changes = catalog_facts(catalog_folder(settings), history, now_ms)
    if not changes:
        return history
    publish_facts(settings, changes)
    return read_facts(settings)
