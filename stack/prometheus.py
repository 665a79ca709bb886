"""Prometheus: from the PATH, else Debian's package unpacked into the project's own folder."""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from monitoring.prometheus import scrape_config
from stack.engine import Engine
from stack.errors import StackError
from stack.folder import ROOT, TOOLS
from stack.http import send
from stack.ports import LOOPBACK
from stack.processes import Launch

UNPACKED = TOOLS / "prometheus"
SCRAPED = {
    "flink_jobmanager": "flink_jobmanager_metrics",
    "flink_taskmanager": "flink_taskmanager_metrics",
    "exporter": "exporter",
    "producer": "producer",
}


class Prometheus(Engine):
    """One server on loopback that scrapes Flink, the exporter and the producer."""

    name = "prometheus"
    setting = "PROMETHEUS_URL"
    title = "Prometheus"
    ports_by_process: ClassVar[Mapping[str, tuple[str, ...]]] = {"prometheus": ("prometheus",)}

    @property
    def address(self) -> str:
        """Its HTTP address."""
        return f"http://{LOOPBACK}:{self.ports['prometheus']}"

    def prepare(self) -> None:
        """Write its configuration, from the targets that this stack has."""
        self.folder.data(self.name).mkdir(exist_ok=True)
        ports = {job: self.ports.get(port) for job, port in SCRAPED.items()}
        targets = {job: f"{LOOPBACK}:{port}" for job, port in ports.items() if port}
        self._config.write_text(scrape_config(targets))

    def launch(self, process: str) -> Launch:
        """The server."""
        program = find_prometheus("prometheus")
        if program is None:
            raise StackError("Prometheus is not to be had on this machine: install it, or leave it out")
        options = {
            "config.file": str(self._config),
            "storage.tsdb.path": str(self.folder.data(self.name) / "data"),
            "web.listen-address": self.address.removeprefix("http://"),
        }
        flags = (f"--{name}={value}" for name, value in options.items())
        return Launch(process, (program, *flags, "--web.enable-lifecycle"))

    def start(self) -> str:
        """Start it; one that runs already reads its configuration again."""
        version = super().start()
        self.prepare()
        send(f"{self.address}/-/reload", method="POST")
        return version

    @classmethod
    def version(cls, address: str) -> str:
        """The server's version."""
        told = json.loads(send(f"{address.rstrip('/')}/api/v1/status/buildinfo"))
        return str(told["data"]["version"])

    @property
    def _config(self) -> Path:
        return self.folder.data(self.name) / "prometheus.yml"


def find_prometheus(program: str) -> str | None:
    """The path of `prometheus` or `promtool`; Debian's package is fetched where neither is installed."""
    installed = shutil.which(program)
    if installed:
        return installed
    unpacked = UNPACKED / "usr" / "bin" / program
    if not unpacked.exists() and shutil.which("apt-get") and shutil.which("dpkg"):
        with _alone():
            if not unpacked.exists():
                _fetch_package()
    return str(unpacked) if unpacked.exists() else None


@contextmanager
def _alone() -> Iterator[None]:
    """Two stacks that start at once fetch one after the other."""
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "prometheus.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fetch_package() -> None:
    download = TOOLS / "download"
    download.mkdir(parents=True, exist_ok=True)
    fetch = ["apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", "prometheus"]
    if subprocess.run(fetch, cwd=download, capture_output=True, check=False).returncode:
        subprocess.run(["apt-get", "-q", "update"], capture_output=True, check=False)
        subprocess.run(fetch, cwd=download, capture_output=True, check=False)
    for package in sorted(download.glob("prometheus_*.deb"))[-1:]:
        whole = UNPACKED.with_name("prometheus.new")
        shutil.rmtree(whole, ignore_errors=True)
        subprocess.run(["dpkg", "-x", str(package), str(whole)], check=True, cwd=ROOT)
        shutil.rmtree(UNPACKED, ignore_errors=True)
        whole.rename(UNPACKED)
