from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from stack.environment import OWN_VALUES, external_value, own_values, read_env, write_env

ODD = {"PLAIN": "127.0.0.1:9092", "SPACES": "two words", "SHELL": "$(echo no) `no` \"'\\ ;&|", "EMPTY": ""}


@pytest.fixture
def env(tmp_path: Path) -> Path:
    return tmp_path / "env"


def test_a_shell_that_sources_the_file_gets_the_values_unchanged(env: Path) -> None:
    write_env(env, ODD, own=set())
    script = 'set -eu; set -a; . ./env; set +a; printf \'%s\\0\' "$PLAIN" "$SPACES" "$SHELL" "$EMPTY"'
    told = subprocess.run(
        ["/bin/sh", "-c", script], cwd=env.parent, capture_output=True, text=True, check=True
    )
    assert told.stdout.split("\0")[:-1] == list(ODD.values())


def test_every_line_is_name_equals_value_and_reads_back(env: Path) -> None:
    write_env(env, ODD, own=set())
    assert all("=" in line and line.split("=")[0].isidentifier() for line in env.read_text().splitlines())
    assert {name: value for name, value in read_env(env).items() if name != OWN_VALUES} == ODD


def test_only_its_owner_may_read_the_file_also_when_it_is_written_again(env: Path) -> None:
    for _ in range(2):
        write_env(env, ODD, own=set())
        assert env.stat().st_mode & 0o777 == 0o600


def test_a_value_that_came_from_sourcing_is_the_stacks_own_even_when_the_file_is_gone(env: Path) -> None:
    write_env(env, {"MONGO_URI": "mongodb://127.0.0.1:1"}, own={"MONGO_URI"})
    sourced = read_env(env)
    env.unlink()
    assert external_value("MONGO_URI", own_values(env), sourced) is None


def test_a_sourced_value_that_was_changed_afterwards_names_a_real_server(env: Path) -> None:
    write_env(env, {"MONGO_URI": "mongodb://127.0.0.1:1"}, own={"MONGO_URI"})
    changed = {**read_env(env), "MONGO_URI": "mongodb://db.example:27017"}
    assert external_value("MONGO_URI", own_values(env), changed) == "mongodb://db.example:27017"


def test_a_real_servers_address_in_the_file_stays_a_real_servers(env: Path) -> None:
    write_env(env, {"MONGO_URI": "mongodb://db.example:27017"}, own=set())
    assert own_values(env) == {}
    assert external_value("MONGO_URI", own_values(env), read_env(env)) == "mongodb://db.example:27017"


def test_an_empty_value_names_no_server(env: Path) -> None:
    assert external_value("MONGO_URI", {}, {"MONGO_URI": ""}) is None
