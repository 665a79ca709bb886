"""Features as text: what is read, what is refused and where, and that equal features are one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contract.events import load_contract
from rules.catalog import load_catalog, rule_of, rules_version
from rules.compiler import compile_rule
from rules.errors import RuleError, TextError
from rules.feature_plan import plan_features
from rules.feature_text import parse_feature
from rules.features import DAY_MS, HOUR_MS, Feature

TYPES = load_contract().event_types
RULE = """
id: a_rule
version: 1
on: transaction
features:
  uses: COUNT(*) BY card_id OVER 10 MINUTES
parameters:
  max_uses: 5 (1..1000)
when: uses > max_uses
severity: low
message: many
"""


def feature(text: str, on: str = "transaction") -> Feature:
    return parse_feature(text, TYPES[on], TYPES)


def refusal(text: str, on: str = "transaction") -> TextError:
    with pytest.raises(TextError) as caught:
        feature(text, on)
    return caught.value


def rule_refusal(text: str) -> RuleError:
    with pytest.raises(RuleError) as caught:
        rule_of(text, Path("a_rule.yaml"))
    assert "\n" not in str(caught.value)
    return caught.value


READ = [
    ("COUNT(*) BY card_id OVER 10 MINUTES", "COUNT(*) OF transaction BY card_id OVER 10 MINUTES", "integer"),
    ("count ( distinct  merchant_id ) by card_id over 1 day",
     "COUNT(DISTINCT merchant_id) OF transaction BY card_id OVER 1 DAY", "integer"),
    ("SUM(amount_cents) BY user_id OVER 24 HOURS STEP 60 MINUTES",
     "SUM(amount_cents) OF transaction BY user_id OVER 1 DAY STEP 1 HOUR", "integer"),
    ("MS_SINCE_PREVIOUS() BY card_id OVER 90 DAYS",
     "MS_SINCE_PREVIOUS() OF transaction BY card_id OVER 90 DAYS",
     "integer"),
    ("PREVIOUS(latitude) BY device_id OVER 1 SECOND",
     "PREVIOUS(latitude) OF transaction BY device_id OVER 1 SECOND",
     "number"),
    ("AVG(amount_cents) OF payment WHERE status IN ('made', 'missed') AND amount_cents BETWEEN 1 AND 5"
     " BY user_id OVER 90 SECONDS",
     "AVG(amount_cents) OF payment WHERE ((status = 'made') OR (status = 'missed'))"
     " AND ((amount_cents >= 1) AND (amount_cents <= 5)) BY user_id OVER 90 SECONDS", "number"),
    ("COUNT(*) WHERE city = 'BY OVER ''x''' BY card_id OVER 2 HOURS",
     "COUNT(*) OF transaction WHERE city = 'BY OVER ''x''' BY card_id OVER 2 HOURS", "integer"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "canonical", "kind"), READ)
def test_a_feature_has_one_canonical_text_that_reads_as_the_same_feature(
    text: str, canonical: str, kind: str
) -> None:
    read = feature(text)
    assert (read.text, read.type) == (canonical, kind)
    assert feature(read.text) == read
    assert feature(read.text).column == read.column
    assert read.column.replace("_", "").isalnum()


def test_every_feature_of_the_catalog_reads_the_same_from_its_canonical_text() -> None:
    for rule in load_catalog():
        for read in rule.features.values():
            assert feature(read.text, rule.on) == read


REFUSED = [
    ("COUNT(*) BY card_id OVER 0 MINUTES", 25, "a window of 0 MINUTES", "1 SECOND to 90 DAYS"),
    ("COUNT(*) BY card_id OVER 91 DAYS", 25, "a window of 91 DAYS", "90 DAYS"),
    ("COUNT(*) BY card_id OVER 10 MINTUES", 25, "is no duration", "did you mean MINUTES?"),
    ("COUNT(*) BY card_id OVER ten MINUTES", 25, "is no duration", "10 MINUTES"),
    ("COUNT(*) BY card_id OVER 999999999999 DAYS", 25, "is no duration", ""),
    ("COUNT(*) BY card_id OVER 1 HOUR STEP 2 HOURS", 37, "a step of 2 HOURS", "to the window"),
    ("COUNT(*) BY card_id OVER 1 HOUR STEP 0 SECONDS", 37, "a step of 0 SECONDS", ""),
    ("COUNT(*) BY card_di OVER 1 HOUR", 12, "unknown field card_di", "did you mean card_id?"),
    ("COUNT(*) BY amount_cents OVER 1 HOUR", 12, "amount_cents is no key", "card_id"),
    ("COUNT(*) BY event_id OVER 1 HOUR", 12, "event_id is no key", ""),
    ("COUNT(*) OF payment BY application_id OVER 1 HOUR", 23, "transaction has no application_id", ""),
    ("COUNT(*) OF payments BY user_id OVER 1 HOUR", 12, "unknown event type", "did you mean payment?"),
    ("COUNT(card_id) BY card_id OVER 1 HOUR", 0, "COUNT of 'card_id'", "COUNT(DISTINCT field)"),
    ("COUNT(DISTINCT latitude) BY card_id OVER 1 HOUR", 15, "takes a field of text", ""),
    ("SUMM(amount_cents) BY card_id OVER 1 HOUR", 0, "unknown function SUMM", "did you mean SUM?"),
    ("SUM(latitude) BY card_id OVER 1 HOUR", 4, "SUM takes a field of integer, not number", ""),
    ("SUM(amont_cents) BY card_id OVER 1 HOUR", 4, "unknown field amont_cents", "amount_cents?"),
    ("SUM() BY card_id OVER 1 HOUR", 0, "unknown field", ""),
    ("SUM(event_time_ms) BY card_id OVER 1 HOUR", 0, "SUM could overflow", ""),
    ("STDDEV(event_time_ms) BY card_id OVER 1 HOUR", 0, "STDDEV could overflow", ""),
    ("SPEED_KMH(latitude) BY card_id OVER 1 HOUR", 0, "SPEED_KMH takes no field", "SPEED_KMH()"),
    ("DISTANCE_KM() OF payment BY user_id OVER 1 HOUR", 0, "DISTANCE_KM needs latitude in both", ""),
    ("FIRST_SEEN_MS(status) OF payment BY user_id OVER 1 HOUR", 0, "needs status in both", ""),
    ("COUNT(*) OVER 1 HOUR", 20, "no BY", "write FUNCTION"),
    ("COUNT(*) BY card_id", 19, "no OVER", "write FUNCTION"),
    ("COUNT(*) OVER 1 HOUR BY card_id", 13, "another order", "write FUNCTION"),
    ("COUNT(*) BY card_id BY user_id OVER 1 HOUR", 20, "BY twice", ""),
    ("COUNT(*) BY OVER 1 HOUR", 11, "nothing behind BY", ""),
    ("BY card_id OVER 1 HOUR", 0, "no function", ""),
    ("amount_cents BY card_id OVER 1 HOUR", 0, "is no function of a window", ""),
    ("COUNT(*) WHERE amont_cents > 1 BY card_id OVER 1 HOUR", 15, "unknown field", "amount_cents?"),
    ("COUNT(*) WHERE LISTED(card_id, 'x') BY card_id OVER 1 HOUR", 15, "not supported: LISTED", ""),
    ("COUNT(*) WHERE 1 = 1 BY card_id OVER 1 HOUR", 14, "reads no field", ""),
    ("COUNT(*) WHERE amount_cents > 1; DROP TABLE x BY card_id OVER 1 HOUR", 31, "';' ends nothing here", ""),
    ("COUNT(*) BY card_id OVER 1 HOUR -- and more", 0, "a comment inside", ""),
    ("COUNT(*) BY card_id' OVER 1 HOUR", 0, "a quote is left open", ""),
    ("COUNT(*) BY `card_id` OVER 1 HOUR", 12, "unknown field", ""),
    ("COUNT(*) BY card_id OVER 1 HOUR" + " " * 4000, 0, "longer than 4000", ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "offset", "problem", "suggestion"), REFUSED)
def test_a_wrong_feature_is_refused_at_its_place(
    text: str, offset: int, problem: str, suggestion: str
) -> None:
    error = refusal(text)
    assert problem in error.problem
    assert suggestion in error.suggestion
    assert not offset or error.offset == offset


WRONG_RULES = [
    ("uses: COUNT", "amount_cents: COUNT", 6, 3, "name amount_cents is used twice: a field of transaction"),
    ("max_uses: 5", "uses: 5", 8, 3, "name uses is used twice: a feature has it too"),
    ("uses: COUNT", "Uses: COUNT", 6, 3, "a name is a-z"),
    ("uses: COUNT", "and: COUNT", 6, 3, "and is a word of SQL"),
    ("uses: COUNT", '"x`; DROP TABLE y": COUNT', 6, 3, "a name is a-z"),
    ("uses: COUNT", "used: COUNT", 9, 7, "unknown name uses"),
    ("5 (1..1000)", "5", 8, 13, "is no parameter"),
    ("5 (1..1000)", "0 (1..1000)", 8, 13, "the default 0 lies outside 1..1000"),
    ("5 (1..1000)", "5 (9..1)", 8, 16, "the range 9..1 holds no two values"),
    ("5 (1..1000)", "5 (1..9999999999999999999)", 8, 13, "beyond a 64-bit number"),
    ("5 (1..1000)", "5 (0.5..10)", 8, 13, "a whole default with a range of fractions"),
    ("uses > max_uses", "uses > 5", 8, 3, "max_uses is never read"),
    ("uses > max_uses", "amount_cents > max_uses", 6, 3, "uses is never read"),
    ("uses > max_uses", "max_uses > 1 AND 5 > 1", 9, 7, "reads no field"),
    ("uses > max_uses", "uses * 9223372 * max_uses > 1", 9, 7, "could overflow 64 bits"),
    ("uses > max_uses", "COUNT(*) > max_uses AND uses > 1", 9, 13, "not supported: COUNT"),
    ("uses > max_uses", "uses > max_uses AND LISTED(amount_cents, 'x')", 9, 27, "takes a field of text"),
    ("uses > max_uses", "uses > max_uses AND LISTED(card_id, 'X-y')", 9, 27, "is no list"),
    ("uses > max_uses", "uses > max_uses AND LISTED(card_id)", 9, 27, "takes a field and a list"),
    (
        "uses > max_uses",
        "uses > max_uses AND LISTED(card_id, city)",
        9,
        27,
        "name of a list in single quotes",
    ),
    ("message: many", 'message: "{use}"', 11, 11, "unknown name use"),
    ("features:\n", "features:\n  uses: SUM(amount_cents) BY card_id OVER 1 DAY\n", 7, 3, "key uses twice"),
]


@pytest.mark.parametrize(("old", "new", "line", "column", "problem"), WRONG_RULES)
def test_a_wrong_rule_with_features_is_refused_at_its_place(
    old: str, new: str, line: int, column: int, problem: str
) -> None:
    assert old in RULE
    error = rule_refusal(RULE.replace(old, new, 1))
    assert problem in error.problem
    assert (error.line, error.column) == (line, column)


def test_more_features_and_parameters_than_sixteen_are_refused() -> None:
    many = "".join(f"  f{n}: COUNT(*) BY card_id OVER {n + 1} HOURS\n" for n in range(17))
    assert "more than 16 features" in rule_refusal(RULE.replace("features:\n", f"features:\n{many}")).problem
    assert (
        "more than 16 parameters"
        in rule_refusal(
            RULE.replace("parameters:\n", "parameters:\n" + "".join(f"  p{n}: 1 (0..2)\n" for n in range(17)))
        ).problem
    )


def test_a_mistake_inside_a_folded_feature_has_its_own_place() -> None:
    folded = ">\n    COUNT(*) WHERE chanel = 'atm'\n    BY card_id OVER 1 HOUR"
    error = rule_refusal(RULE.replace("COUNT(*) BY card_id OVER 10 MINUTES", folded))
    assert (error.line, error.column) == (7, 20)
    assert error.suggestion == "did you mean channel?"


def test_equal_features_of_two_rules_are_computed_once_for_the_types_that_need_them() -> None:
    burst = rule_of(RULE, Path("x"))
    same = RULE.replace("10 MINUTES", "600 SECONDS").replace("id: a_rule", "id: b_rule")
    missed = "COUNT(*) OF payment WHERE status = 'missed' BY user_id OVER 30 DAYS STEP 1 HOUR"
    on_usage = RULE.replace("on: transaction", "on: credit_usage").replace("id: a_rule", "id: c_rule")
    on_usage = on_usage.replace("COUNT(*) BY card_id OVER 10 MINUTES", missed)
    on_payment = on_usage.replace("on: credit_usage", "on: payment").replace("id: c_rule", "id: d_rule")
    plan = plan_features([burst, *(rule_of(text, Path("x")) for text in (same, on_usage, on_payment))])
    assert [step.key for step in plan.steps] == ["user_id", "card_id"]
    first, second = plan.steps
    assert [entry.event_types for entry in first.features] == [("credit_usage", "payment")]
    assert [entry.feature for entry in second.features] == [burst.features["uses"]]
    assert list(plan.filters) == [first.features[0].feature.filter_column]
    assert plan.longest_window_ms == 30 * DAY_MS + HOUR_MS
    told = json.loads(plan.as_json(lateness_ms=5, duplicates_ms=7))
    assert [(step["key"], step["lateness_ms"], step["duplicates_ms"]) for step in told] == [
        ("user_id", 5, 7),
        ("card_id", 5, 0),
    ]
    assert told[1]["features"][0] == {
        "name": "count_of_transaction_by_card_id_over_10m",
        "function": "COUNT",
        "field": None,
        "source_type": "transaction",
        "filter": None,
        "window_ms": 600_000,
        "step_ms": 0,
        "on": ["transaction"],
    }


def test_rules_over_one_event_need_no_step() -> None:
    plan = plan_features(rule for rule in load_catalog() if not rule.features)
    assert (plan.steps, plan.features, plan.longest_window_ms) == ((), (), 0)
    assert json.loads(plan.as_json()) == []


def test_a_rule_compiles_to_columns_of_features_and_to_facts() -> None:
    text = RULE.replace("uses > max_uses", "uses > max_uses AND NOT LISTED(card_id, 'known')")
    compiled = compile_rule(
        rule_of(text.replace("message: many", 'message: "{uses}/{max_uses}"'), Path("x")), 1, 9
    )
    uses = "`count_of_transaction_by_card_id_over_10m`"
    known = "`event_time_ms`, `facts_offset`"
    bounds = "CAST(5 AS BIGINT), CAST(1 AS BIGINT), CAST(1000 AS BIGINT)"
    flink_max = f"parameter_integer('a_rule.max_uses', {bounds}, {known})"
    guard = (
        "(`event_type` = 'transaction' AND `event_time_ms` >= {} AND `event_time_ms` < {} AND ({} AND {}))"
    )
    assert compiled.condition("flink") == guard.format(
        "CAST(1 AS BIGINT)",
        "CAST(9 AS BIGINT)",
        f"({uses} > {flink_max})",
        f"(NOT listed('known', `card_id`, {known}))",
    )
    assert compiled.condition("spark") == guard.format(
        "1L", "9L", f"({uses} > `parameter.a_rule.max_uses`)", "(NOT `listed.known.card_id`)"
    )
    assert list(compiled.evidence("flink").items()) == [
        ("uses", uses),
        ("max_uses", flink_max),
        ("card_id", "`card_id`"),
    ]
    assert compiled.mode("flink") == f"rule_mode('a_rule', {known})"
    assert compiled.mode("spark") == "`mode.a_rule`"
    assert "`parameter.a_rule.max_uses`" in compiled.message_sql("spark")
    assert [entry.column for entry in compiled.listed] == ["listed.known.card_id"]
    assert [entry.dotted_name for entry in compiled.parameters] == ["a_rule.max_uses"]
    assert compiled.rule.lists == ("known",)


def test_the_version_of_the_rules_changes_with_a_feature_and_a_parameter() -> None:
    texts = [RULE, RULE.replace("10 MINUTES", "11 MINUTES"), RULE.replace("1000", "999")]
    assert len({rules_version([rule_of(text, Path("x"))]) for text in texts}) == 3
