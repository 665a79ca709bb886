"""A message of the topic of facts is read strictly, and says what was expected where it is none."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from rules.fact_messages import FactError, decode_fact
from rules.facts import Fact, ListEntry, ParameterValueSet, RuleMode, RuleText, Statement, UserRiskLevel

FACT = Fact("f-1", ParameterValueSet("card_burst", "max_uses", 7), 1000, 2000, "ana", 500, "why")


@pytest.mark.parametrize(
    "statement",
    [
        RuleText("card_burst", 2, "id: card_burst\nversion: 2\n"),
        RuleMode("card_burst", "shadow"),
        ParameterValueSet("card_burst", "max_uses", 0.5),
        ListEntry("trusted_merchants", "m-1 \N{SNOWMAN}", True),
        UserRiskLevel("u-1", "Medium"),
    ],
)
def test_a_fact_comes_back_as_it_was_written(statement: Statement) -> None:
    fact = Fact("f:2", statement, 0, None, "ana", 1, "")
    assert decode_fact(b"f:2", fact.encoded()) == fact


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"kind": "policy"}, "kind"),
        ({"value": True}, "value"),
        ({"value": "7"}, "value"),
        ({"value": 2**63}, "value"),
        ({"rule_id": "Card"}, "rule_id"),
        ({"from_event_time_ms": 1000.0}, "from_event_time_ms"),
        ({"from_event_time_ms": -1}, "from_event_time_ms"),
        ({"until_event_time_ms": 1000}, "until_event_time_ms"),
        ({"changed_by": ""}, "changed_by"),
        ({"changed_by": "a\tb"}, "changed_by"),
        ({"comment": "x" * 501}, "comment"),
        ({"comment": "4111 1111 1111 1111"}, "card number"),
        ({"more": 1}, "no other members"),
        ({"fact_id": "f-2"}, "message's key"),
        ({"fact_id": "f 1"}, "fact_id"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(change: dict[str, Any], named: str) -> None:
    with pytest.raises(FactError, match=named):
        decode_fact(b"f-1", orjson.dumps({**FACT.document(), **change}))


@pytest.mark.parametrize("name", list(FACT.document()))
def test_an_absent_member_is_named(name: str) -> None:
    members = {key: value for key, value in FACT.document().items() if key != name}
    with pytest.raises(FactError, match=name):
        decode_fact(b"f-1", orjson.dumps(members))


@pytest.mark.parametrize(
    "value", [None, b"", b"[]", b"\xff", b"{", b'{"kind":"rule","kind":"rule"}', b'{"kind":NaN}']
)
def test_what_is_no_object_is_refused(value: bytes | None) -> None:
    with pytest.raises(FactError):
        decode_fact(b"f-1", value)
