"""The commands about rules, as a person calls them."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.application import load_commands, main
from rules.catalog import CATALOG, load_catalog

BURST = """
id: a_burst
version: 1
on: transaction
features:
  uses: COUNT(*) BY card_id OVER 600 SECONDS
  missed: COUNT(*) OF payment WHERE status = 'missed' BY user_id OVER 30 DAYS
parameters:
  max_uses: 5 (1..1000)
when: uses > max_uses AND missed = 0 AND NOT LISTED(merchant_id, 'trusted_merchants')
severity: high
message: "{uses} uses"
"""


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr("sys.argv", ["tandem", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_the_catalog_of_the_project_has_no_mistakes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "rules", "check") == 0
    assert capsys.readouterr().out.startswith(f"{len(load_catalog())} rules, ")


def test_every_mistake_of_every_file_is_a_line_on_stderr(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad, absent = tmp_path / "a_burst.yaml", tmp_path / "bad.yaml", tmp_path / "absent.yaml"
    good.write_text(BURST)
    bad.write_text(BURST.replace("a_burst", "bad").replace("600 SECONDS", "0 SECONDS"))
    assert run(monkeypatch, "rules", "check", good, bad, absent) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines() == [
        f"error: {bad}:6:34: a window of 0 SECONDS; expected 1 SECOND to 90 DAYS",
        f"error: {absent}:1:1: cannot be read: No such file or directory",
    ]
    assert run(monkeypatch, "rules", "check", good) == 0
    assert "1 rules, 2 windowed features: no mistakes" in capsys.readouterr().out


def test_more_features_of_a_key_than_the_stream_keeps_are_refused_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(3):
        features = "".join(
            f"  f{feature}: COUNT(*) BY card_id OVER {number * 12 + feature + 1} MINUTES\n"
            for feature in range(12)
        )
        when = " AND ".join(f"f{feature} > 1" for feature in range(12))
        text = f"id: r{number}\nversion: 1\non: transaction\nfeatures:\n{features}"
        (tmp_path / f"r{number}.yaml").write_text(f"{text}when: {when}\nseverity: low\nmessage: many\n")
    assert run(monkeypatch, "rules", "check", "--catalog", tmp_path) == 2
    assert "36 features of transaction by card_id, expected at most 32" in capsys.readouterr().err


def test_list_tells_each_rule_with_what_it_finds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "rules", "list") == 0
    told = capsys.readouterr().out
    assert all(rule.id in told and rule.doc[:40] in told for rule in load_catalog(CATALOG))


def test_show_tells_what_a_rule_reads_and_what_each_engine_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a_burst.yaml").write_text(BURST)
    options = ("rules", "show", "a_burst", "--catalog", tmp_path)
    assert run(monkeypatch, *options) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "feature uses: COUNT(*) OF transaction BY card_id OVER 10 MINUTES" in lines
    assert "parameter max_uses: 5 (1..1000)" in lines
    assert "list trusted_merchants" in lines
    assert run(monkeypatch, *options, "--engine", "flink") == 0
    flink = capsys.readouterr().out
    assert "parameter_integer('a_burst.max_uses', CAST(5 AS BIGINT), " in flink
    assert "step by card_id: count_of_transaction_by_card_id_over_10m" in flink
    assert run(monkeypatch, *options, "--engine", "spark") == 0
    assert "`parameter.a_burst.max_uses`" in capsys.readouterr().out
    assert run(monkeypatch, "rules", "show", "a_brust", "--catalog", tmp_path) == 2
    assert "did you mean a_burst?" in capsys.readouterr().err


def test_every_module_of_the_command_line_registers_commands() -> None:
    assert "rules" in {group.name for group in load_commands().registered_groups}
