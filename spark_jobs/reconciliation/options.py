"""The values of a rule's features that the stream may have had, one set for each way things may have gone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice, product
from typing import Any

from rules.compiler import CompiledRule
from spark_jobs.reconciliation.model import Case, Difference, KeyOption
from spark_jobs.reconciliation.rule_book import feature_columns

OPTIONS_MAX = 10_000
PRECEDENCE = (
    Difference.DUPLICATE_STATE,
    Difference.EXPIRED_STATE,
    Difference.STREAM_GAP,
    Difference.FACT_LATE,
    Difference.ARRIVAL_ORDER,
)


@dataclass(frozen=True)
class Option:
    """Feature column -> value, and why these are not the true windows."""

    columns: Mapping[str, Any]
    causes: frozenset[str]
    bounded: bool
    """Whether it is one way among several that the record allows."""

    def missing(self, rule: CompiledRule) -> list[str]:
        """The keys of the rule's features that nothing was computed for."""
        lacking = (feature.key for feature in rule.features if feature.column not in self.columns)
        return list(dict.fromkeys(lacking))


def options_of(
    case: Case, rule: CompiledRule, event: Mapping[str, Any], true: Mapping[str, Any]
) -> Iterator[Option]:
    """Combine what is proven by each key of the rule; a NULL key gives NULL features.

    ``true`` is the evidence on the true windows.
    """
    true_columns = feature_columns(rule, true)
    keys = dict.fromkeys(feature.key for feature in rule.features)
    by_key = [_options_by(case, rule, key, event, true_columns) for key in keys]
    for chosen in islice(product(*by_key), OPTIONS_MAX):
        columns: dict[str, Any] = {}
        causes: set[str] = set()
        for option in chosen:
            columns |= option.values or {}
            causes |= set(option.causes)
        yield Option(columns, frozenset(causes), any(option.bounded for option in chosen))


def _options_by(
    case: Case, rule: CompiledRule, key: str, event: Mapping[str, Any], true: Mapping[str, Any]
) -> list[KeyOption]:
    names = [feature.column for feature in rule.features if feature.key == key]
    if event.get(key) is None:
        return [KeyOption((), dict.fromkeys(names))]
    proof = case.proofs.get(key)
    if proof is None:
        return [KeyOption((), {})]
    of_true = {name: true.get(name) for name in names}
    return [
        option if option.values is not None else replace(option, values=of_true) for option in proof.options
    ]


def first_cause(causes: Iterable[str]) -> Difference | None:
    """The reason to give where there are several."""
    found = set(causes)
    return next((cause for cause in PRECEDENCE if cause in found), None)
