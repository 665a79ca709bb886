"""The exporter: the numbers that no engine publishes by itself."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import ClassVar

from contract.code_version import code_version
from stack.engine import Engine
from stack.environment import read_env
from stack.folder import ROOT
from stack.http import send
from stack.ports import LOOPBACK
from stack.processes import Launch


class Exporter(Engine):
    """One process on loopback that Prometheus scrapes."""

    name = "exporter"
    setting = "EXPORTER_URL"
    title = "Exporter"
    ports_by_process: ClassVar[Mapping[str, tuple[str, ...]]] = {"exporter": ("exporter",)}

    @property
    def address(self) -> str:
        """Where its metrics are."""
        return f"http://{LOOPBACK}:{self.ports['exporter']}/metrics"

    def claim_ports(self) -> None:
        """Its port is given out before, with Prometheus's targets."""
        if self.ports.get("exporter") is None:
            super().claim_ports()

    def prepare(self) -> None:
        """Needs no files."""

    def launch(self, process: str) -> Launch:
        """The exporter, with the settings of the env file."""
        command = (sys.executable, "-m", "monitoring.exporter", "--port", str(self.ports["exporter"]))
        return Launch(process, command, environment=read_env(self.folder.env), cwd=ROOT)

    @classmethod
    def version(cls, address: str) -> str:
        """The code's version, when it answers."""
        send(address)
        return code_version()
