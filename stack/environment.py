"""`.stack/env`: settings as lines of NAME=value for a shell to source; which of them are the stack's own."""

from __future__ import annotations

import hashlib
import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from contract.settings import Settings

OWN_VALUES = "TANDEM_OWN_VALUES"


def read_env(path: Path) -> dict[str, str]:
    """The names and values of an env file; empty where there is none."""
    if not path.exists():
        return {}
    pairs = (line.partition("=") for line in path.read_text().splitlines() if "=" in line)
    return {name: "".join(shlex.split(value)) for name, _, value in pairs}


def write_env(path: Path, values: Mapping[str, str], own: set[str]) -> None:
    """Write the file, readable by its owner only, in one step; ``own`` names what the stack itself serves."""
    marks = " ".join(sorted(f"{name}:{_digest(values[name])}" for name in own))
    lines = [f"{name}={shlex.quote(value)}" for name, value in {**values, OWN_VALUES: marks}.items()]
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write("\n".join(lines) + "\n")
    draft.replace(path)


def own_values(path: Path) -> dict[str, str]:
    """Those values of an env file that name what the stack itself serves."""
    values = read_env(path)
    marks = values.get(OWN_VALUES, "").split()
    return {name: value for name, value in values.items() if f"{name}:{_digest(value)}" in marks}


def external_value(name: str, own: Mapping[str, str], environment: Mapping[str, str]) -> str | None:
    """The value of a setting when it names somebody else's server, else None.

    A value that came from sourcing a stack's env file is that stack's own, even when the file is gone.
    """
    value = environment.get(name)
    if not value or value == own.get(name):
        return None
    marks = environment.get(OWN_VALUES, "").split()
    return None if f"{name}:{_digest(value)}" in marks else value


def settings_of(values: Mapping[str, str]) -> Settings:
    """Settings from NAME=value pairs alone."""
    fields = Settings.model_fields
    given = {name: values[name.upper()] for name in fields if values.get(name.upper())}
    return Settings(**{name: field.default for name, field in fields.items()} | given)


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()[:16]
