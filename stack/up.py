"""Bringing the engines of one stack up and down."""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from contract.names import EVENTS_TOPIC_DEFAULT
from contract.settings import Settings
from stack.engine import Engine, EngineContext
from stack.environment import external_value, own_values, write_env
from stack.errors import StackError
from stack.exporter import Exporter
from stack.external import check_external
from stack.flink import Flink
from stack.folder import ROOT, StackFolder
from stack.kafka import Kafka
from stack.mongo import Mongo
from stack.ports import LOOPBACK, PortBook
from stack.postgres import Postgres
from stack.prometheus import Prometheus, find_prometheus
from stack.spark import write_spark_conf

ENGINES: tuple[type[Engine], ...] = (Kafka, Postgres, Mongo, Flink, Prometheus, Exporter)
ENGINE_NAMES = tuple(engine.name for engine in ENGINES if engine is not Exporter)
ALL_NAMES = (*ENGINE_NAMES, Exporter.name)
MONGO_DATABASE_DEFAULT = "risk"
STOP_ORDER = ("flink", "exporter", "prometheus", "mongo", "postgres", "kafka")
Tell = Callable[[str], None]


class Stack:
    """One stack: its folder, its engines, and the real servers that take the place of some."""

    def __init__(self, folder: StackFolder, environment: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.environment = os.environ if environment is None else environment
        self.ports = PortBook(folder)
        self._locks = 0
        self.own: dict[str, str] = {}
        self._known: dict[str, str] = {}
        context = EngineContext(folder, self.ports, self._known)
        self.engines = {engine.name: engine(context) for engine in ENGINES}
        self._reload()

    def _reload(self) -> None:
        """Take in what another process wrote meanwhile."""
        self.ports.reload()
        self.own = own_values(self.folder.env)
        self._known.clear()
        self._known.update({**self.own, **self._given()})

    def _given(self) -> dict[str, str]:
        """The settings that the environment names, and that are not a stack's own."""
        names = (name.upper() for name in Settings.model_fields)
        values = {name: external_value(name, self.own, self.environment) for name in names}
        return {name: value for name, value in values.items() if value}

    def external(self, name: str) -> str | None:
        """The address of the real server that the environment names for an engine, else None."""
        return external_value(self.engines[name].setting, self.own, self.environment)

    def up(self, names: Iterable[str] = ENGINE_NAMES, tell: Tell = print) -> dict[str, str]:
        """Start the engines side by side, and write the env file.

        Returns:
            the settings, as in the env file.

        Raises:
            StackError: an engine does not start, or a real server does not answer.
        """
        with self.locked(tell):
            wanted = [self.engines[name] for name in names]
            for engine in wanted:
                if address := self.external(engine.name):
                    check_external(engine, address)
            ours = [engine for engine in wanted if not self.external(engine.name)]
            if any(engine.name == "prometheus" for engine in ours) and find_prometheus("prometheus") is None:
                tell("Prometheus is not to be had on this machine: the stack runs without it")
                ours = [engine for engine in ours if engine.name != "prometheus"]
            return self._start(ours, tell)

    def _start(self, engines: list[Engine], tell: Tell) -> dict[str, str]:
        for engine in engines:
            engine.claim_ports()
        if any(engine.name == "prometheus" for engine in engines):
            for port in ("exporter", "producer"):
                if self.ports.get(port) is None:
                    self.ports.claim(port)
        for moved in self.ports.moved:
            tell(moved)
        settings = self._write_env(engines)
        with ThreadPoolExecutor(max_workers=len(ENGINES)) as pool:
            started = [(engine, pool.submit(engine.start)) for engine in engines]
            failed = [str(error) for _, future in started if (error := future.exception())]
        if failed:
            raise StackError("\n".join(failed))
        for engine, future in started:
            tell(f"{engine.title} {future.result()} answers at {public(engine.address)}")
        return settings

    def _write_env(self, started: list[Engine]) -> dict[str, str]:
        for engine in started:
            self.own |= {engine.setting: engine.address, **engine.extra_settings()}
        self.own |= {"LAKE_URI": str(self.folder.lake), "CHECKPOINT_URI": f"file://{self.folder.checkpoints}"}
        values = {
            "KAFKA_TOPIC": EVENTS_TOPIC_DEFAULT,
            "MONGO_DATABASE": MONGO_DATABASE_DEFAULT,
            "SPARK_CONF_DIR": str(write_spark_conf(self.folder)),
            "SPARK_LOCAL_IP": LOOPBACK,
            "PYSPARK_PYTHON": sys.executable,
            "PYTHONPATH": str(ROOT),
            "TANDEM_STACK_DIR": str(self.folder.root),
            **self.own,
            **self._given(),
        }
        write_env(self.folder.env, values, own=set(self.own))
        return values

    def down(self, names: Iterable[str] = ALL_NAMES, tell: Tell = print) -> None:
        """Stop the engines, those that use others first."""
        wanted = set(names)
        with self.locked(tell):
            for engine in (self.engines[name] for name in STOP_ORDER):
                if engine.name in wanted and engine.stop():
                    tell(f"{engine.title} is stopped")

    @contextmanager
    def locked(self, tell: Tell) -> Iterator[None]:
        """Keep other processes from starting or stopping this stack; may be entered again from inside."""
        if self._locks:
            yield
            return
        with (self.folder.root / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                tell("another start or stop of this stack is under way: waiting for it")
                fcntl.flock(lock, fcntl.LOCK_EX)
            self._locks += 1
            self._reload()
            try:
                yield
            finally:
                self._locks -= 1


def public(address: str) -> str:
    """An address without its login."""
    scheme, separator, rest = address.rpartition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"
