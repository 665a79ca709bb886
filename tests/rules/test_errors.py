"""Mistakes are refused with line, column and a suggestion, before any engine sees them."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules.catalog import load_catalog, load_rule
from rules.compiler import compile_rule
from rules.errors import RuleError

GOOD = {
    "id": "a_rule",
    "version": "1",
    "on": "transaction",
    "when": "amount_cents > 100 AND channel = 'atm'",
    "severity": "low",
    "message": '"{amount_cents} at {merchant_id}"',
}


def write(folder: Path, name: str = "a_rule", /, **changes: str | None) -> Path:
    entries = {**GOOD, **changes}
    file = folder / f"{name}.yaml"
    file.write_text("".join(f"{key}: {value}\n" for key, value in entries.items() if value is not None))
    return file


def refusal(file: Path) -> RuleError:
    with pytest.raises(RuleError) as caught:
        load_rule(file)
    assert "\n" not in str(caught.value)
    return caught.value


CONDITIONS = [
    ("amont_cents > 100", 7, "unknown field amont_cents", "did you mean amount_cents?"),
    ("amount_cents > 100 AND credit_score < 450", 30, "unknown field credit_score", "expected one of"),
    ("amount_cents > '100'", 7, "> takes values of one type, not integer and text", ""),
    ("amount_cents", 0, "a condition is true or false", ""),
    ("1 = 1", 0, "reads no field", ""),
    ("amount_cents > ", 0, "not a condition", ""),
    ("amount_cents = NULL", 0, "a comparison with NULL", "IS NULL"),
    ("amount_cents * amount_cents > 1", 7, "* could overflow 64 bits", "divide first"),
    ("event_time_ms + 1 > 0", 7, "+ could overflow 64 bits", ""),
    ("amount_cents > 9223372036854775808", 22, "too large for a 64-bit number", ""),
    ("amount_cents / 0 > 1", 7, "by zero", ""),
    ("latitude / longitude * 2.0 > 1.0", 7, "could overflow a double", ""),
    ("latitude % 2.0 = 0.0", 7, "% is for whole numbers", ""),
    ("channel = 'atn'", 7, "channel is never 'atn'", "did you mean atm?"),
    ("LOWER(city) = 'x'", 13, "not supported: LOWER, because", ""),
    ("COUNT(*) > 5", 0, "not supported: COUNT", ""),
    ("city LIKE 'a_c'", 7, "not supported: _", ""),
    ("city LIKE '\U0001f600%'", 7, "not supported: characters beyond", ""),
    ("city LIKE merchant_id", 7, "LIKE is followed by a text", ""),
    ("ROUND(latitude) = 1.0", 13, "not supported: ROUND, because", ""),
    ("NOT amount_cents", 11, "NOT takes boolean", ""),
    ("amount_cents > 1 AND city", 0, "AND takes boolean", ""),
    ("- city = 'a'", 0, "- takes numbers", ""),
    ("amount_cents IN ()", 0, "", ""),
    ("amount_cents IN (SELECT 1)", 7, "IN is followed by a list", ""),
    ("amount_cents > 1; DROP TABLE warehouse.accepted_events", 23, "';' ends nothing here", ""),
    ("amount_cents > 1 -- and so on", 0, "a comment inside", "YAML comment"),
    ("amount_cents > 1 /* x */", 0, "a comment inside", ""),
    ('"amount_cents" > 1', 0, "", ""),
    ("amount_cents > (SELECT MAX(amount_cents) FROM accepted_events)", 0, "not supported", ""),
    ("amount_cents::text = 'a'", 0, "", ""),
    ("pg_sleep(10) IS NULL", 7, "not supported: PG_SLEEP", "ABS, COALESCE, LENGTH"),
    ("accepted_events.amount_cents > 1", 0, "unknown field accepted_events.amount_cents", ""),
    ("amount_cents > 1 UNION SELECT 1", 0, "", ""),
    ("amount_cents > 1_000", 0, "", ""),
    ("(" * 40 + "amount_cents > 1" + ")" * 40, 0, "levels of parentheses", ""),
    ("NOT " * 490 + "city IS NULL", 0, "", ""),
    ("amount_cents>1 OR " * 150 + "amount_cents > 2", 0, "more than 500 words", "split"),
]


@pytest.mark.parametrize(("when", "column", "problem", "suggestion"), CONDITIONS)
def test_a_wrong_condition_is_refused_at_its_place(
    tmp_path: Path, when: str, column: int, problem: str, suggestion: str
) -> None:
    quoted = when.startswith(("- ", '"'))
    doubled = when.replace("'", "''")
    error = refusal(write(tmp_path, when=f"'{doubled}'" if quoted else when))
    assert problem in error.problem
    assert suggestion in error.suggestion
    assert error.line == 4
    if column:
        assert error.column == column
    assert str(error).startswith(f"{tmp_path}/a_rule.yaml:4:{error.column}: ")


FILES: list[tuple[dict[str, str | None], int, str]] = [
    ({"severity": "urgent"}, 5, "unknown severity 'urgent'"),
    ({"on": "transactions"}, 3, "unknown on 'transactions'"),
    ({"version": "0"}, 2, "version is a whole number from 1"),
    ({"version": "1.5"}, 2, "version is a whole number from 1"),
    ({"id": "A-rule"}, 1, "an id is a-z"),
    ({"id": "another"}, 1, "in a file of another name"),
    ({"id": "x'; DROP TABLE x; --"}, 1, "an id is a-z"),
    ({"when": None}, 1, "key when is absent"),
    ({"message": '""'}, 6, "message is empty"),
    ({"message": '"{amount}"'}, 6, "unknown field amount"),
    ({"message": '"{latitude}"'}, 6, "not supported: latitude in a message"),
    ({"message": '"{amount_cents"'}, 6, "a '{' alone"),
    ({"message": '"{amount_cents!r}"'}, 6, "unknown field amount_cents!r"),
    ({"message": '"a\\0b"'}, 6, "a control character"),
    ({"message": "x" * 301}, 6, "longer than 300"),
    ({"when": "x" * 4001}, 4, "longer than 4000"),
    ({"doc": "x" * 2001}, 7, "doc is longer"),
    ({"treshold": "1"}, 7, "unknown key treshold"),
    ({"features": "1"}, 7, "expected names under features"),
    ({"when": "[a, b]"}, 4, "when is one text"),
    ({"when": "&x a"}, 4, "anchors, aliases and tags"),
    ({"when": "!!python/object:os.system x"}, 4, "anchors, aliases and tags"),
    ({"when": "'unclosed"}, 4, "not YAML"),
]


@pytest.mark.parametrize(("changes", "line", "problem"), FILES)
def test_a_wrong_entry_is_refused_at_its_line(
    tmp_path: Path, changes: dict[str, str | None], line: int, problem: str
) -> None:
    error = refusal(write(tmp_path, **changes))
    assert problem in error.problem
    assert error.line == line or "not YAML" in problem


def test_a_huge_file_a_key_twice_and_other_encodings_are_refused(tmp_path: Path) -> None:
    assert "larger than" in refusal(write(tmp_path, doc="x" * 20_000)).problem
    file = write(tmp_path)
    file.write_text(file.read_text() + "version: 2\n")
    assert (refusal(file).problem, refusal(file).line) == ("key version twice", 7)
    file.write_bytes(file.read_text().encode("utf-16"))
    assert "not UTF-8" in refusal(file).problem
    file.write_text("- a\n- b\n")
    assert "expected a rule" in refusal(file).problem


@pytest.mark.parametrize("style", ["|", ">", ">-"])
def test_the_place_of_a_mistake_is_right_in_a_text_of_several_lines(tmp_path: Path, style: str) -> None:
    when = f"{style}\n  amount_cents > 100\n  AND chanel = 'atm'"
    error = refusal(write(tmp_path, when=when))
    assert (error.line, error.column) == (6, 7)
    assert error.suggestion == "did you mean channel?"


def test_texts_of_a_rule_stay_texts_in_both_engines(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        when="city = 'it''s \\' AND merchant_id = ''' OR 1=1 --'",
        message="\"it's \\\\ {{x}} '); DROP {city}\"",
    )
    compiled = compile_rule(load_rule(file))
    assert compiled.condition("flink") == (
        "(`event_type` = 'transaction' AND ((`city` = 'it''s \\') AND (`merchant_id` = ''' OR 1=1 --')))"
    )
    assert compiled.condition("spark") == (
        "(`event_type` = 'transaction' AND ((`city` = 'it\\'s \\\\') AND (`merchant_id` = '\\' OR 1=1 --')))"
    )
    assert compiled.message_sql("spark").startswith("CONCAT('it\\'s \\\\ {x} \\'); DROP ', ")


def test_two_rules_of_one_catalog_load_in_the_order_of_their_ids(tmp_path: Path) -> None:
    write(tmp_path, "b_rule", id="b_rule")
    write(tmp_path)
    assert [rule.id for rule in load_catalog(tmp_path)] == ["a_rule", "b_rule"]
