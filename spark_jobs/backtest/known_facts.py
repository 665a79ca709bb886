"""The facts of a backtest: those of the platform, and beside them what a person wants to try."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from contract.json_text import RefusedTextError, read_object
from contract.settings import Settings
from rules.catalog import Rule
from rules.errors import did_you_mean
from rules.fact_history import FactHistory, StoredFact
from rules.fact_messages import FactError, decode_fact
from rules.facts import Fact, ParameterValueSet
from spark_jobs.backtest.question import BacktestError
from storage.facts import read_facts

TRIED_BY = "backtest"

_TRIAL = re.compile(r"([a-z][a-z0-9_]{0,63})\.([a-z][a-z0-9_]{0,63})=(-?\d{1,19}(?:\.\d{1,15})?)", re.ASCII)


@dataclass(frozen=True)
class Trial:
    """A value that a parameter is to have at all times: ``RULE.NAME=VALUE``."""

    rule_id: str
    name: str
    value: int | float


def parse_trial(text: str, rules: Sequence[Rule]) -> Trial:
    """Return the trial that a text names.

    Raises:
        BacktestError: it is of another form, the rule or the parameter is unknown, or the value is not
            within the parameter's range.
    """
    match = _TRIAL.fullmatch(text)
    if not match:
        raise BacktestError(f"--set {text[:80]}: expected RULE.NAME=VALUE, as in card_burst.max_uses=7")
    rule_id, name, digits = match.groups()
    by_id = {rule.id: rule for rule in rules}
    if rule_id not in by_id:
        raise BacktestError(f"--set {text[:80]}: unknown rule {rule_id}; {did_you_mean(rule_id, by_id)}")
    parameters = by_id[rule_id].parameters
    if name not in parameters:
        hint = did_you_mean(name, parameters) if parameters else "the rule has none"
        raise BacktestError(f"--set {text[:80]}: rule {rule_id} has no parameter {name}; {hint}")
    parameter = parameters[name]
    value = float(digits) if "." in digits else int(digits)
    if not parameter.holds(value):
        raise BacktestError(
            f"--set {text[:80]}: expected {parameter.type} within {parameter.low}..{parameter.high}"
        )
    return Trial(rule_id, name, value)


def known_facts(settings: Settings, file: Path | None, trials: Sequence[Trial]) -> FactHistory:
    """Return the platform's facts where there is a Kafka, then the file's, with the trials in their place.

    Raises:
        BacktestError: the file is not there, or a line of it is no fact.
        SettingsError: the brokers do not answer.
    """
    stored = list(read_facts(settings).stored) if settings.kafka_bootstrap_servers else []
    subjects = {("parameter", trial.rule_id, trial.name) for trial in trials}
    kept = [entry for entry in stored if entry.fact.subject not in subjects]
    added = [*(read_fact_file(file) if file else ()), *map(_as_fact, trials)]
    first = kept[-1].offset + 1 if kept else 0
    return FactHistory((*kept, *(StoredFact(first + n, fact) for n, fact in enumerate(added))))


def read_fact_file(file: Path) -> list[Fact]:
    """Read facts from JSON lines, one fact a line as on their topic; blank lines are left out.

    Raises:
        BacktestError: with file and line.
    """
    if not file.is_file():
        raise BacktestError(f"{file}: there is no such file; expected facts as JSON lines")
    return list(_facts(file, file.read_bytes().splitlines()))


def _facts(file: Path, lines: Sequence[bytes]) -> Iterable[Fact]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield decode_fact(str(read_object(line).get("fact_id")).encode(), line)
        except RefusedTextError as error:
            raise BacktestError(f"{file}:{number}: {error.detail}") from None
        except FactError as error:
            raise BacktestError(f"{file}:{number}: {error}") from None


def _as_fact(trial: Trial) -> Fact:
    return Fact(
        fact_id=f"{TRIED_BY}:{trial.rule_id}.{trial.name}",
        statement=ParameterValueSet(trial.rule_id, trial.name, trial.value),
        from_event_time_ms=0,
        until_event_time_ms=None,
        changed_by=TRIED_BY,
        changed_at_ms=0,
    )
