"""What a person asks of a backtest, and which rules that names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rules.catalog import CATALOG, Rule, load_catalog, load_rule
from rules.errors import did_you_mean

LabelClock = Literal["event_time", "append_time"]

RULE_SUFFIXES = (".yaml", ".yml")


class BacktestError(Exception):
    """A backtest cannot be made; the text is one line that says why and what to do."""


@dataclass(frozen=True)
class Question:
    """What to measure. Days are UTC, counted from 1970-01-01; both ends of the period are included."""

    tested: tuple[Rule, ...]
    live: tuple[Rule, ...]
    first_day: int | None = None
    """First day of the lake that has events of the tested rules' types, when None."""
    last_day: int | None = None
    as_of_ms: int | None = None
    """Labels count that had arrived by then; the newest event of the lake when None."""
    label_clock: LabelClock = "event_time"
    """Which time says when a label arrived: its own, or the broker's."""
    settled_days: int = 7
    """An event without a label counts as genuine once it is so old at the as-of time."""
    k: int = 100
    blocked_days: int | None = None
    """For how many days a card stays out of the card precision once a fraud is known; for good when None."""

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The tested rules, then the live ones: a rule's position counts in this order."""
        return self.tested + self.live


def choose_rules(names: Sequence[str], catalog: Path = CATALOG) -> tuple[tuple[Rule, ...], tuple[Rule, ...]]:
    """Return the rules that ``names`` names, and the live ones they are compared with.

    A name is a rule file, a folder of them, or the id of a rule of the catalog. The live rules are the
    catalog's on the same event types, without those of a tested id: a new version is not compared with
    the one it replaces.

    Raises:
        BacktestError: there is no such file or id, or an id is named twice.
        RuleError: a file is not a rule.
    """
    in_catalog = load_catalog(catalog)
    tested: dict[str, Rule] = {}
    for name in names:
        for rule in _named(name, in_catalog):
            if rule.id in tested:
                raise BacktestError(f"rule {rule.id} is named twice: name each rule once")
            tested[rule.id] = rule
    if not tested:
        raise BacktestError("expected at least one rule: a file, a folder of files, or an id of the catalog")
    types = {rule.on for rule in tested.values()}
    return tuple(tested.values()), tuple(
        rule for rule in in_catalog if rule.id not in tested and rule.on in types
    )


def _named(name: str, in_catalog: Sequence[Rule]) -> tuple[Rule, ...]:
    path = Path(name)
    if path.is_dir():
        found = load_catalog(path)
        if not found:
            raise BacktestError(f"{name}: expected a folder with rule files, found no *.yaml in it")
        return found
    if path.suffix in RULE_SUFFIXES or "/" in name:
        if not path.is_file():
            raise BacktestError(f"{name}: there is no such rule file")
        return (load_rule(path),)
    by_id = {rule.id: rule for rule in in_catalog}
    if name not in by_id:
        hint = did_you_mean(name, by_id)
        raise BacktestError(f"unknown rule {name[:64]}; {hint} (a file is named with its .yaml)")
    return (by_id[name],)
