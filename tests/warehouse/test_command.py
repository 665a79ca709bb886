"""The command line of the warehouse: mistakes are told in one line, with status 2."""

from __future__ import annotations

import sys

import pytest

from storage.__main__ import main


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["trace", "loan_book"], "error: POSTGRES_DSN is not set: run `make up`"),
        (["trace", "loan_book", "risk_level"], "error: expected COLUMN=VALUE, got 'risk_level'"),
        (["retain", "--days", "30", "--by", "me"], "error: LAKE_URI is not set: run `make up`"),
        (["erase", "someone", "--by", "me"], "error: LAKE_URI is not set: run `make up`"),
    ],
)
def test_a_mistake_is_one_line_and_status_2(
    arguments: list[str], text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("POSTGRES_DSN", "LAKE_URI", "MONGO_URI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "argv", ["storage", *arguments])
    assert main() == 2
    assert capsys.readouterr().err.startswith(text)
    assert "someone" not in capsys.readouterr().err


def test_a_removal_says_who_asks_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["storage", "erase", "someone"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
