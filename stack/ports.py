"""Ports: the usual one where it is free, the same one again after a restart, and who holds a busy one."""

from __future__ import annotations

import json
import os
import random
import socket
import time

import psutil

from stack.errors import StackError
from stack.folder import StackFolder

LOOPBACK = "127.0.0.1"
USUAL_PORTS = {
    "kafka": 9092,
    "kafka_controller": 9093,
    "postgres": 5432,
    "mongo": 27017,
    "flink": 8081,
    "flink_rpc": 6123,
    "flink_jobmanager_metrics": 9249,
    "flink_taskmanager_metrics": 9250,
    "prometheus": 9090,
    "exporter": 9400,
    "producer": 9401,
}
RELEASE_S = 5
FREE_RANGE = range(20000, 32000)


class PortBook:
    """The ports of one stack, remembered in its folder."""

    def __init__(self, folder: StackFolder) -> None:
        self._folder = folder
        self._given: dict[str, int] = {}
        self.moved: list[str] = []
        self.reload()

    def reload(self) -> None:
        """Take in what another process gave out meanwhile."""
        self._given = _read(self._folder)

    def __getitem__(self, name: str) -> int:
        return self._given[name]

    def get(self, name: str) -> int | None:
        """The port that was given out under that name, else None."""
        return self._given.get(name)

    def claim(self, name: str) -> int:
        """Give out a port for a process that is not running.

        Raises:
            StackError: TANDEM_<NAME>_PORT asks for a port that somebody holds.
        """
        asked = os.environ.get(f"TANDEM_{name.upper()}_PORT")
        self._given[name] = self._explicit(name, asked) if asked else self._best(name)
        self._folder.ports.write_text(json.dumps(self._given, indent=2))
        return self._given[name]

    def _explicit(self, name: str, asked: str) -> int:
        setting = f"TANDEM_{name.upper()}_PORT={asked}"
        if not asked.isdigit() or not 0 < int(asked) < 65536:
            raise StackError(f"{setting}: expected a port from 1 to 65535")
        if not is_free(int(asked)):
            raise StackError(f"{setting} is busy: {holder(int(asked))}; stop it or choose another port")
        return int(asked)

    def _best(self, name: str) -> int:
        before = self._given.get(name)
        wanted = before or (USUAL_PORTS[name] if self._folder.is_default else None)
        if wanted and is_free(wanted, wait_s=RELEASE_S if before else 0):
            return wanted
        port = free_port(taken=set(self._given.values()))
        if wanted:
            self.moved.append(f"port {wanted} is busy ({holder(wanted)}): {name} takes {port}")
        return port


def _read(folder: StackFolder) -> dict[str, int]:
    try:
        return {str(name): int(port) for name, port in json.loads(folder.ports.read_text()).items()}
    except (FileNotFoundError, json.JSONDecodeError):
        return {}


def is_free(port: int, wait_s: float = 0) -> bool:
    """Whether a server could listen on that port now, or soon: a killed one lets go after a moment."""
    deadline = time.monotonic() + wait_s
    while not _is_free_now(port):
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.1)
    return True


def _is_free_now(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def free_port(taken: set[int]) -> int:
    """A free port below the range from which the kernel serves outgoing connections."""
    for port in random.sample(FREE_RANGE, 500):
        if port not in taken and is_free(port):
            return port
    raise StackError(f"no free port from {FREE_RANGE.start} to {FREE_RANGE.stop - 1}")


def holder(port: int) -> str:
    """Who listens on a port: process id and command, as far as the system tells."""
    for connection in psutil.net_connections(kind="tcp"):
        listens = connection.status == psutil.CONN_LISTEN and tuple(connection.laddr)[1:] == (port,)
        if listens and connection.pid:
            try:
                command = " ".join(psutil.Process(connection.pid).cmdline())
            except psutil.NoSuchProcess:
                continue
            return f"held by pid {connection.pid}: {command[:120]}"
    return "held by a process that this user may not see"
