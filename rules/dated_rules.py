"""The rules that facts put in force, each version compiled for its own event times."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rules.catalog import Rule, rule_of, rules_version
from rules.compiler import CompiledRule, compile_rule
from rules.errors import RuleError
from rules.fact_history import FactHistory, RefusedFact, StoredFact
from rules.facts import Fact, RuleMode, RuleText, Subject
from rules.feature_plan import FeaturePlan, plan_features

CATALOG_PERSON = "catalog"
"""Who changed what the files of the catalog say."""


@dataclass(frozen=True)
class DatedRules:
    """Every version of a rule that is in force for some event time, and the texts that are no rules."""

    compiled: tuple[CompiledRule, ...]
    refused: tuple[RefusedFact, ...]

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The versions without their times, each once."""
        found: dict[tuple[str, int, str], Rule] = {}
        for entry in self.compiled:
            found.setdefault((entry.rule.id, entry.rule.version, rules_version([entry.rule])), entry.rule)
        return tuple(found.values())

    @property
    def plan(self) -> FeaturePlan:
        """The features of all versions.

        Raises:
            PlanError: together they ask for more than the stream computes.
        """
        return plan_features(entry.rule for entry in self.compiled)


def dated_rules(history: FactHistory, facts_offset: int | None = None) -> DatedRules:
    """Compile the rules of a history; a text that is no rule counts as not said, and is told as refused."""
    readable: list[StoredFact] = []
    refused: list[RefusedFact] = []
    rules: dict[int, Rule] = {}
    for stored in history.stored:
        statement = stored.fact.statement
        if not isinstance(statement, RuleText):
            continue
        try:
            rules[stored.offset] = _rule(stored, statement)
        except RuleError as error:
            refused.append(RefusedFact(stored.offset, str(error)))
        else:
            readable.append(stored)
    spoken = FactHistory(tuple(readable)).up_to(facts_offset)
    compiled = tuple(
        compile_rule(rules[span.stored.offset], span.from_ms or None, span.until_ms)
        for subject in spoken.subjects("rule")
        for span in spoken.spans(subject)
    )
    return DatedRules(compiled, tuple(refused))


def _rule(stored: StoredFact, statement: RuleText) -> Rule:
    told_as = Path(f"rule_facts@{stored.offset}")
    rule = rule_of(statement.text, told_as)
    if (rule.id, rule.version) != (statement.rule_id, statement.version):
        problem = f"the text is version {rule.version} of {rule.id}"
        raise RuleError(problem, told_as, 1, 1, f"expected {statement.version} of {statement.rule_id}")
    return rule


def catalog_changes(
    texts: Iterable[tuple[Rule, str]], history: FactHistory, now_ms: int, lead_ms: int = 0
) -> list[Fact]:
    """Return the facts that bring a history in line with the files of the catalog.

    The first rules of an empty history hold for all event times; what is changed, added or removed later
    holds from ``now_ms + lead_ms`` on. Rules that a person deployed from elsewhere, and newer versions of a
    file's rule, stay as they are.

    Raises:
        RuleError: a rule has changed and its version has not.
    """
    files = list(texts)
    due_ms = now_ms + lead_ms
    from_ms = due_ms if history.subjects("rule") else 0
    changes: list[Fact] = []
    for rule, text in files:
        if (fact := rule_change(rule, text, history, from_ms, CATALOG_PERSON, now_ms)) is not None:
            changes.append(fact)
        if _switched_off_by_catalog(history, rule.id):
            changes.append(_mode_change(RuleMode(rule.id, "on"), due_ms, now_ms))
    present = {rule.id for rule, _ in files}
    for subject in history.subjects("rule"):
        rule_id = subject[1]
        last = last_said(history, subject)
        removed = rule_id not in present and last is not None and last.changed_by == CATALOG_PERSON
        if removed and not _switched_off_by_catalog(history, rule_id):
            changes.append(_mode_change(RuleMode(rule_id, "off"), due_ms, now_ms))
    return changes


def rule_change(
    rule: Rule, text: str, history: FactHistory, from_ms: int, changed_by: str, now_ms: int, comment: str = ""
) -> Fact | None:
    """Return the fact that puts a rule in force, None where the history says so already.

    Raises:
        RuleError: the rule has changed and its version has not.
    """
    last = last_said(history, ("rule", rule.id))
    if last is not None and isinstance(last.statement, RuleText):
        if rule.version < last.statement.version:
            return None
        if rule.version == last.statement.version:
            _check_same(rule, last.statement)
            return None
    fact_id = f"rule:{rule.id}:{rule.version}:{rules_version([rule])}"
    statement = RuleText(rule.id, rule.version, text)
    return Fact(fact_id, statement, from_ms, None, changed_by, now_ms, comment)


def last_said(history: FactHistory, subject: Subject) -> Fact | None:
    """Return the newest fact about a subject by its place on the topic."""
    said: Sequence[StoredFact] = history.of(subject)
    return max(said, key=lambda stored: stored.offset).fact if said else None


def _check_same(rule: Rule, said: RuleText) -> None:
    told_as = Path(f"{rule.id}.yaml")
    try:
        before = rule_of(said.text, told_as)
    except RuleError:
        return
    if rules_version([before]) != rules_version([rule]):
        problem = f"rule {rule.id} has changed, its version is still {rule.version}"
        raise RuleError(problem, told_as, 1, 1, f"raise version to {rule.version + 1}")


def _switched_off_by_catalog(history: FactHistory, rule_id: str) -> bool:
    said = last_said(history, ("rule_mode", rule_id))
    if said is None or not isinstance(said.statement, RuleMode):
        return False
    return said.statement.mode == "off" and said.changed_by == CATALOG_PERSON


def _mode_change(statement: RuleMode, from_ms: int, now_ms: int) -> Fact:
    fact_id = f"rule_mode:{statement.rule_id}:{statement.mode}:{now_ms}"
    return Fact(fact_id, statement, from_ms, None, CATALOG_PERSON, now_ms, "file of the catalog")
