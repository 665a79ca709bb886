"""The catalog: one rule a YAML file, checked before anything else sees it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal, TypeVar, cast, get_args

from contract.events import load_contract
from contract.settings import Settings
from rules.conditions import parse_condition
from rules.documents import SECTIONS, Document, document_of, read_document
from rules.errors import RuleError, did_you_mean
from rules.expressions import Expression, FieldValue, Named, listed_of, named_of
from rules.features import Feature
from rules.messages import MessagePart, parse_message
from rules.parameters import Parameter
from rules.scope import Scope, read_scope

CATALOG = Path(__file__).with_name("catalog")

Severity = Literal["low", "medium", "high", "critical"]

REQUIRED_KEYS = ("id", "version", "on", "when", "severity", "message")
OPTIONAL_KEYS = (*SECTIONS, "doc", "source")
ID_PATTERN = re.compile(r"[a-z][a-z0-9_]{0,63}")
PROSE_CHARACTERS_MAX = 2000

_Parsed = TypeVar("_Parsed")


@dataclass(frozen=True)
class Rule:
    """One checked rule: ``condition`` and ``message_parts`` are the trees of ``when`` and ``message``.

    ``features`` and ``parameters`` are by the names that the rule gives them; ``lists`` are the
    names of the lists that it asks about.
    """

    id: str
    version: int
    on: str
    when: str
    severity: Severity
    message: str
    condition: Expression
    message_parts: tuple[MessagePart, ...]
    doc: str = ""
    source: str = ""
    features: Mapping[str, Feature] = field(default_factory=dict, hash=False)
    parameters: Mapping[str, Parameter] = field(default_factory=dict, hash=False)

    @cached_property
    def lists(self) -> tuple[str, ...]:
        """The lists that the condition asks about, each once."""
        return tuple(dict.fromkeys(entry.list for entry in listed_of(self.condition)))

    @cached_property
    def evidence_values(self) -> tuple[Named, ...]:
        """Fields, features and parameters that condition and message read, each once, in the text's order."""
        in_message = (part for part in self.message_parts if not isinstance(part, str))
        return tuple(dict.fromkeys([*named_of(self.condition), *in_message]))

    @cached_property
    def evidence_fields(self) -> tuple[str, ...]:
        """The names of the fields among the evidence."""
        return tuple(value.name for value in self.evidence_values if isinstance(value, FieldValue))


def catalog_folder(settings: Settings) -> Path:
    """Where the rules of a platform stand."""
    return settings.rule_catalog or CATALOG


def load_catalog(folder: Path = CATALOG) -> tuple[Rule, ...]:
    """Read every ``*.yaml`` of a folder, in the order of the ids.

    Raises:
        RuleError: a file is not a rule, or two files carry the same id.
    """
    rules: dict[str, Rule] = {}
    for file in sorted(folder.glob("*.yaml")):
        rule = load_rule(file)
        if rule.id in rules:
            raise RuleError(
                f"id {rule.id} is used by another file too", file, 1, 1, "give each rule its own id"
            )
        rules[rule.id] = rule
    return tuple(rules[name] for name in sorted(rules))


def load_rule(file: Path) -> Rule:
    """Read and check one rule file.

    Raises:
        RuleError: with the place and, where there is one, a suggestion.
    """
    rule = _rule(read_document(file))
    if file.stem != rule.id:
        problem = f"id {rule.id} in a file of another name"
        raise RuleError(problem, file, 1, 1, f"rename the file to {rule.id}.yaml")
    return rule


def rule_of(text: str, told_as: Path) -> Rule:
    """Check the text of a rule that stands in no file; errors name ``told_as``.

    Raises:
        RuleError: with the place and, where there is one, a suggestion.
    """
    return _rule(document_of(text.encode("utf-8", "surrogatepass"), told_as))


def _rule(document: Document) -> Rule:
    _check_keys(document)
    rule_id = _identifier(document)
    event_type = load_contract().event_types[_one_of(document, "on", load_contract().event_types)]
    scope = read_scope(document, rule_id, event_type, load_contract().event_types)
    rule = Rule(
        id=rule_id,
        version=_version(document),
        on=event_type.name,
        when=document.entries["when"].text,
        severity=cast(Severity, _one_of(document, "severity", get_args(Severity))),
        message=document.entries["message"].text,
        condition=_parsed(document, "when", lambda text: parse_condition(text, scope.names)),
        message_parts=_parsed(document, "message", lambda text: parse_message(text, scope.names)),
        doc=_prose(document, "doc"),
        source=_prose(document, "source"),
        features=scope.features,
        parameters=scope.parameters,
    )
    _check_used(document, rule, scope)
    return rule


def _check_used(document: Document, rule: Rule, scope: Scope) -> None:
    read = {value.name for value in rule.evidence_values}
    for section in SECTIONS:
        for name, entry in document.sections.get(section, {}).items():
            if name not in read:
                raise entry.key_error(f"{name} is never read", "use it in when or message, or remove it")


def rules_version(rules: Iterable[Rule]) -> str:
    """Return 12 hexadecimal digits that change when any rule does: what runs and alerts refer to."""
    digest = hashlib.sha256()
    for rule in sorted(rules, key=lambda rule: rule.id):
        parts = [rule.id, str(rule.version), rule.on, rule.when, rule.severity, rule.message]
        parts += [f"{name}: {feature.text}" for name, feature in rule.features.items()]
        parts += [repr(parameter) for parameter in rule.parameters.values()]
        digest.update("\x1f".join(parts).encode() + b"\x1e")
    return digest.hexdigest()[:12]


def _check_keys(document: Document) -> None:
    known = (*REQUIRED_KEYS, *OPTIONAL_KEYS)
    for name, entry in document.entries.items():
        if name not in known:
            raise entry.key_error(f"unknown key {name[:64]}", did_you_mean(name[:64], known))
    for name in REQUIRED_KEYS:
        if name not in document.entries:
            raise RuleError(
                f"key {name} is absent", document.file, 1, 1, f"a rule has {', '.join(REQUIRED_KEYS)}"
            )
        if not document.entries[name].text.strip():
            raise document.entries[name].error(f"{name} is empty")


def _identifier(document: Document) -> str:
    entry = document.entries["id"]
    if not ID_PATTERN.fullmatch(entry.text):
        raise entry.error("an id is a-z, 0-9 and _, begins with a letter and has at most 64 characters")
    return entry.text


def _version(document: Document) -> int:
    entry = document.entries["version"]
    if not re.fullmatch(r"[1-9][0-9]{0,8}", entry.text):
        raise entry.error("version is a whole number from 1")
    return int(entry.text)


def _one_of(document: Document, name: str, known: Iterable[str]) -> str:
    entry = document.entries[name]
    if entry.text not in known:
        raise entry.error(f"unknown {name} '{entry.text[:64]}'", did_you_mean(entry.text[:64], known))
    return entry.text


def _prose(document: Document, name: str) -> str:
    entry = document.entries.get(name)
    if entry is None:
        return ""
    if len(entry.text) > PROSE_CHARACTERS_MAX:
        raise entry.error(f"{name} is longer than {PROSE_CHARACTERS_MAX} characters")
    return entry.text


def _parsed(document: Document, name: str, parse: Callable[[str], _Parsed]) -> _Parsed:
    return document.entries[name].parsed(parse)
