"""What every engine has: processes, ports, an address, and a question that only a live one answers."""

from __future__ import annotations

import signal
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from stack.errors import EngineEndedError
from stack.folder import StackFolder
from stack.ports import PortBook
from stack.processes import Launch, running, start, stop
from stack.readiness import wait_until_answers


@dataclass(frozen=True)
class EngineContext:
    """What an engine needs to know of its stack."""

    folder: StackFolder
    ports: PortBook
    settings: Mapping[str, str]


class Engine(ABC):
    """An embedded engine of one stack."""

    name: ClassVar[str]
    setting: ClassVar[str]
    title: ClassVar[str]
    ports_by_process: ClassVar[Mapping[str, tuple[str, ...]]]
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM
    timeout_s: ClassVar[float] = 120

    def __init__(self, context: EngineContext) -> None:
        self.folder = context.folder
        self.ports = context.ports
        self.settings = context.settings

    @property
    def processes(self) -> tuple[str, ...]:
        """The names of its processes, in the order of starting."""
        return tuple(self.ports_by_process)

    def claim_ports(self) -> None:
        """Give a port to every process that is not running."""
        first_runs = running(self.folder, self.processes[0]) is not None
        for process, ports in self.ports_by_process.items():
            if not first_runs or running(self.folder, process) is None:
                for port in ports:
                    self.ports.claim(port)

    def start(self) -> str:
        """Start what is not running, wait until it answers, and return its version."""
        dead = [name for name in self.processes if running(self.folder, name) is None]
        if self.processes[0] in dead:
            self.stop()
            self.prepare()
            dead = list(self.processes)
        for name in dead:
            start(self.folder, self.launch(name))
        try:
            return wait_until_answers(self.folder, self.title, self.processes, self.ask, self.timeout_s)
        except EngineEndedError:
            if dead:
                raise
            return self.start()  # it was dying when we looked

    def stop(self) -> bool:
        """Stop its processes, the last started first; True when something was running."""
        stopped = [stop(self.folder, name, self.stop_signal) for name in reversed(self.processes)]
        return any(stopped)

    def ask(self) -> str:
        """Ask the engine itself for its version; any exception means that it does not answer."""
        return self.version(self.address)

    def ask_external(self, address: str) -> str:
        """Ask the real server at ``address`` for its version."""
        return self.version(address)

    @property
    @abstractmethod
    def address(self) -> str:
        """The value of its setting."""

    @abstractmethod
    def prepare(self) -> None:
        """Write configuration and data folders, before any of its processes runs."""

    @abstractmethod
    def launch(self, process: str) -> Launch:
        """How to start one of its processes."""

    @classmethod
    @abstractmethod
    def version(cls, address: str) -> str:
        """Ask the server at ``address`` for its version, embedded or not."""

    def extra_settings(self) -> dict[str, str]:
        """Further settings that come with it."""
        return {}
