"""What a rule declares before its condition: features and parameters, and the names that it may read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from contract.events import EventType
from rules.documents import Document, Entry
from rules.expressions import FeatureValue, ParameterValue, RiskLevelValue
from rules.facts import RISK_LEVELS
from rules.feature_text import parse_feature
from rules.feature_values import feature_range
from rules.features import Feature
from rules.names import Names, Readable, names_of_fields, refused_name
from rules.parameters import Parameter, parse_parameter

NAMES_OF_A_SECTION_MAX = 16


@dataclass(frozen=True)
class Scope:
    """Features and parameters by name, and everything that condition and message may read."""

    features: Mapping[str, Feature]
    parameters: Mapping[str, Parameter]
    names: Names


def read_scope(
    document: Document, rule_id: str, event_type: EventType, event_types: Mapping[str, EventType]
) -> Scope:
    """Read the sections of a rule.

    Raises:
        RuleError: a name is taken or none, or a feature or a parameter is wrong.
    """
    readable = names_of_fields(event_type.fields)
    taken = dict.fromkeys(readable, f"a field of {event_type.name}")
    risk_level = RiskLevelValue()
    readable[risk_level.name] = Readable(risk_level, one_of=RISK_LEVELS)
    taken[risk_level.name] = "the user's risk level"
    features: dict[str, Feature] = {}
    for name, entry in _declared(document, "features", taken, "a feature"):
        feature = entry.parsed(lambda text: parse_feature(text, event_type, event_types))
        features[name] = feature
        readable[name] = _of_feature(name, feature, event_types[feature.source_type])
    parameters: dict[str, Parameter] = {}
    for name, entry in _declared(document, "parameters", taken, "a parameter"):
        parameter = _parameter(name, entry)
        parameters[name] = parameter
        node = ParameterValue(rule_id, name, parameter.type, parameter.default, parameter.low, parameter.high)
        readable[name] = Readable(node, parameter.range)
    return Scope(features, parameters, Names(readable, lists=True))


def _declared(document: Document, section: str, taken: dict[str, str], kind: str) -> list[tuple[str, Entry]]:
    entries = document.sections.get(section, {})
    for number, (name, entry) in enumerate(entries.items()):
        if number == NAMES_OF_A_SECTION_MAX:
            raise entry.key_error(f"more than {NAMES_OF_A_SECTION_MAX} {section}")
        refused = refused_name(name, taken)
        if refused:
            raise entry.key_error(refused)
        taken[name] = kind
    return list(entries.items())


def _parameter(name: str, entry: Entry) -> Parameter:
    return entry.parsed(lambda text: parse_parameter(name, text))


def _of_feature(name: str, feature: Feature, source: EventType) -> Readable:
    field = next((field for field in source.fields if field.name == feature.field), None)
    one_of = field.one_of if field and feature.function == "PREVIOUS" else None
    return Readable(FeatureValue(feature, name), feature_range(feature, field), one_of)
