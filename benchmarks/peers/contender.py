"""Who takes part, in which setting, and how each is started."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from benchmarks.peers.assignment import PATH_VARIABLE, PROCESSES, Assignment
from benchmarks.peers.events import PARTITIONS
from benchmarks.peers.flink_job import start_job
from benchmarks.peers.running import Programs, Running, start_programs
from benchmarks.peers.tandem import catalog_with_rule, start_tandem
from benchmarks.peers.work import Work
from contract.settings import Settings
from stack.errors import StackError
from stack.folder import JARS, ROOT
from stack.processes import running
from stack.up import Stack

PEERS_PYTHON = ROOT / ".venv-peers" / "bin" / "python"
CONTENDERS_FOLDER = ROOT / "benchmarks" / "peers" / "contenders"
PACKAGE = "benchmarks.peers.contenders"
SERVERS = ("kafka", "mongo")
Role = Literal["limit", "tandem", "peer"]


@dataclass(frozen=True)
class Bench:
    """Where a run happens."""

    stack: Stack
    settings: Settings
    values: Mapping[str, str]

    def pids(self) -> list[int]:
        """The processes that serve every contender."""
        found = (running(self.stack.folder, name) for name in SERVERS)
        return [process.pid for process in found if process is not None]


Start = Callable[[Bench, Work, Assignment], Running]


@dataclass(frozen=True)
class Contender:
    """One of those that are compared.

    Attributes:
        name: as ``--only`` takes it.
        title: as the table calls it, with its setting.
        role: what it is to the ratios.
        share: the part of the events that it is given: a slow one would take hours for all.
        windows_share: the same where the work has windows.
        works: the names of the works that it does; all where empty.
        own_alerts: whether its alerts stand in its result files instead of on a topic.
    """

    name: str
    title: str
    role: Role
    share: float
    windows_share: float
    start: Start
    works: tuple[str, ...] = ()
    own_alerts: bool = False

    def share_of(self, work: Work) -> float:
        """The part of the events that it is given at a work."""
        return self.windows_share if work.windows else self.share

    def does(self, work: Work) -> bool:
        """Whether it takes part in a work."""
        if self.name == "consume_windows":
            return bool(work.windows)
        return not self.works or work.name in self.works


def _consume(what: str) -> Start:
    def start(bench: Bench, work: Work, assignment: Assignment) -> Programs:
        command = [sys.executable, "-m", f"{PACKAGE}.consume", what]
        return _on_halves(command, assignment, {})

    return start


def _bytewax(bench: Bench, work: Work, assignment: Assignment) -> Programs:
    command = [str(_peers_python()), "-m", "bytewax.run", f"{PACKAGE}.bytewax_flow:flow"]
    return _on_halves(command, assignment, {})


def _quix(variant: str) -> Start:
    def start(bench: Bench, work: Work, assignment: Assignment) -> Programs:
        return _on_halves([str(_peers_python()), "-m", f"{PACKAGE}.quix", variant], assignment, {})

    return start


def _spark(bench: Bench, work: Work, assignment: Assignment) -> Programs:
    submit = str(Path(sys.executable).with_name("spark-submit"))
    script = str(CONTENDERS_FOLDER / "spark_structured.py")
    environment = {**bench.values, **_environment(assignment)}
    return start_programs([[submit, script]], [environment], Path(assignment.folder))


def _flink_python(bench: Bench, work: Work, assignment: Assignment) -> Running:
    environment = {**_environment(assignment), "TANDEM_PEERS_JARS": str(JARS / "flink")}
    script, log = CONTENDERS_FOLDER / "flink_python.py", Path(assignment.folder) / "log-0.txt"
    return start_job(bench.stack, "peers_flink_python", script, environment, log)


def _tandem(bench: Bench, work: Work, assignment: Assignment) -> Running:
    catalog = catalog_with_rule(Path(assignment.folder), work, assignment.thresholds)
    return start_tandem(bench.stack, bench.settings, catalog, assignment.topic)


CONSUME = "consume(10000)"
CONTENDERS: tuple[Contender, ...] = (
    Contender("consume", f"{CONSUME} alone", "limit", 1, 1, _consume("consume"), ("stateless",), True),
    Contender(
        "consume_parse", f"{CONSUME} and orjson", "limit", 1, 1, _consume("parse"), ("stateless",), True
    ),
    Contender("consume_windows", f"{CONSUME}, orjson, deques", "limit", 1, 1, _consume("windows"), (), True),
    Contender("tandem", "Tandem", "tandem", 1, 1, _tandem),
    Contender("bytewax", "bytewax", "peer", 0.5, 0.5, _bytewax),
    Contender("quix", "quixstreams, rows in its state", "peer", 0.125, 0.05, _quix("list")),
    Contender(
        "quix_sliding", "quixstreams, its windows", "peer", 0.01, 0.01, _quix("sliding"), ("one_window",)
    ),
    Contender("spark", "Spark Structured Streaming", "peer", 0.25, 0.125, _spark),
    Contender("flink_python", "Flink with Python functions", "peer", 0.05, 0.01, _flink_python),
)


def _on_halves(command: Sequence[str], assignment: Assignment, environment: Mapping[str, str]) -> Programs:
    """Two processes, each told of half of the partitions."""
    parts = [
        assignment.of_process(number, tuple(range(number, PARTITIONS, PROCESSES)))
        for number in range(PROCESSES)
    ]
    environments = [{**environment, **_environment(part)} for part in parts]
    return start_programs([command] * PROCESSES, environments, Path(assignment.folder))


def _environment(assignment: Assignment) -> dict[str, str]:
    return {PATH_VARIABLE: str(assignment.write()), "PYTHONPATH": str(ROOT)}


def _peers_python() -> Path:
    if not PEERS_PYTHON.exists():
        raise StackError(f"{PEERS_PYTHON} is not there: run `make bench-peers`, which sets it up")
    return PEERS_PYTHON
