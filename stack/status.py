"""What runs, where, in which version, and whether it answers."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from rich.console import Console
from rich.table import Column, Table

from stack.environment import read_env
from stack.external import check_external
from stack.jobs import JOBS, StreamJobs
from stack.up import Stack, public


@dataclass(frozen=True)
class EngineStatus:
    """One engine's line."""

    title: str
    address: str
    version: str
    health: str

    @property
    def up(self) -> bool:
        """Whether it answered."""
        return self.health.startswith("up")


def engine_status(stack: Stack, name: str) -> EngineStatus:
    """Ask one engine."""
    engine = stack.engines[name]
    external = stack.external(name)
    address = external or stack.own.get(engine.setting)
    if address is None:
        return EngineStatus(engine.title, "-", "-", "down: never started")
    try:
        version = check_external(engine, address) if external else engine.ask()
    except Exception as error:  # whatever the client raises means: it does not answer
        return EngineStatus(engine.title, public(address), "-", f"down: {str(error).splitlines()[0][:100]}")
    return EngineStatus(engine.title, public(address), version, "up (yours)" if external else "up")


def job_statuses(stack: Stack) -> list[EngineStatus]:
    """One line a stream job."""
    values = read_env(stack.folder.env)
    address = values.get("FLINK_REST_URL")
    states = dict.fromkeys(JOBS, "Flink does not answer")
    if address:
        try:
            states = StreamJobs(stack.folder, values).states()
        except OSError:
            address = None
    return [
        EngineStatus(
            f"stream job {job}", address or "-", "-", "up" if state == "RUNNING" else f"down: {state}"
        )
        for job, state in states.items()
    ]


def show_status(stack: Stack, names: Iterable[str], jobs: bool) -> bool:
    """Print one line an engine and a stream job; True when all are up."""
    with ThreadPoolExecutor(max_workers=8) as pool:
        found = list(pool.map(lambda name: engine_status(stack, name), names))
    found += job_statuses(stack) if jobs else []
    print_table([(entry.title, entry.address, entry.version, entry.health) for entry in found])
    return all(entry.up for entry in found)


def print_table(rows: list[tuple[str, str, str, str]]) -> None:
    """A table on a terminal, plain lines elsewhere."""
    if not sys.stdout.isatty():
        for row in rows:
            sys.stdout.write("\t".join(row) + "\n")
        return
    table = Table("engine", Column("address", overflow="fold"), "version", "health")
    for row in rows:
        colour = "green" if row[3].startswith("up") else "red"
        table.add_row(*row[:3], f"[{colour}]{row[3]}[/]")
    Console().print(table)
