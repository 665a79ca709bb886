"""Flink: a cluster of one job manager and one task manager, from the Python package's distribution."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import yaml

from stack.engine import Engine
from stack.errors import StackError
from stack.folder import ROOT, STREAM_PYTHON
from stack.http import send
from stack.java import find_java, jar_set
from stack.ports import LOOPBACK
from stack.processes import Launch

TASK_SLOTS = 8


def flink_home() -> Path:
    """The distribution inside the stream's environment.

    Raises:
        StackError: that environment was not made.
    """
    homes = list(STREAM_PYTHON.parent.parent.glob("lib/python3*/site-packages/pyflink"))
    if not homes:
        raise StackError(f"{STREAM_PYTHON.parent.parent} holds no Flink: run `make` to set it up")
    return homes[0]


def rest(address: str, path: str) -> Any:
    """What the job manager's REST interface answers."""
    return json.loads(send(f"{address.rstrip('/')}{path}"))


SMALL_JVM = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""Options of a JVM that mostly waits."""


class Flink(Engine):
    """The cluster, on loopback."""

    name = "flink"
    setting = "FLINK_REST_URL"
    title = "Flink"
    ports_by_process: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "flink-jobmanager": ("flink", "flink_rpc", "flink_jobmanager_metrics"),
        "flink-taskmanager": ("flink_taskmanager_metrics",),
    }

    @property
    def address(self) -> str:
        """The job manager's REST address."""
        return f"http://{LOOPBACK}:{self.ports['flink']}"

    def extra_settings(self) -> dict[str, str]:
        """Where the `flink` command finds this cluster."""
        return {"FLINK_CONF_DIR": str(self.conf)}

    @property
    def conf(self) -> Path:
        """The cluster's configuration folder."""
        return self.folder.data(self.name) / "conf"

    def prepare(self) -> None:
        """Write the configuration: the distribution's own, with ours over it."""
        packaged = flink_home() / "conf"
        shutil.rmtree(self.folder.data(self.name) / "tmp", ignore_errors=True)
        for part in ("tmp", "pids", "log"):
            (self.folder.data(self.name) / part).mkdir(parents=True, exist_ok=True)
        shutil.copytree(packaged, self.conf, dirs_exist_ok=True)
        self._install_reporter()
        options = yaml.safe_load((packaged / "config.yaml").read_text())["env"]["java"]["opts"]["all"]
        text = yaml.safe_dump({"env.java.opts.all": options, **self._options()}, width=100_000)
        (self.conf / "config.yaml").write_text(text)

    def launch(self, process: str) -> Launch:
        """The job manager, or the task manager, which is kept: jobs go on by themselves when it dies."""
        script = process.removeprefix("flink-")
        metrics_port = self.ports[f"flink_{script}_metrics"]
        command = (str(flink_home() / "bin" / f"{script}.sh"), "start-foreground")
        option = f"metrics.reporter.prom.port={metrics_port}"
        return Launch(
            process,
            (*command, "-D", option),
            environment=self._environment(),
            is_kept=process == "flink-taskmanager",
        )

    @classmethod
    def version(cls, address: str) -> str:
        """The cluster's version; a cluster without a task manager is not an answer."""
        overview = rest(address, "/overview")
        if overview["taskmanagers"] < 1:
            raise StackError(f"{address} has no task manager")
        return str(overview["flink-version"])

    @property
    def _plugins(self) -> Path:
        return self.folder.data(self.name) / "plugins"

    def _install_reporter(self) -> None:
        """Put Flink's metrics reporter and ours, which binds it to loopback, into a plugin folder."""
        plugin = self._plugins / "metrics-prometheus"
        shutil.rmtree(self._plugins, ignore_errors=True)
        plugin.mkdir(parents=True)
        ours = list(Path(jar_set("reporter")).parent.glob("*.jar"))
        for jar in [*(flink_home() / "plugins" / "metrics-prometheus").glob("*.jar"), *ours]:
            (plugin / jar.name).symlink_to(jar)

    def _environment(self) -> dict[str, str]:
        data = self.folder.data(self.name)
        return {
            "FLINK_CONF_DIR": str(self.conf),
            "FLINK_PID_DIR": str(data / "pids"),
            "FLINK_LOG_DIR": str(data / "log"),
            "FLINK_PLUGINS_DIR": str(self._plugins),
            "JAVA_HOME": str(Path(find_java()).resolve().parent.parent),
            "PYTHONPATH": str(ROOT),
        }

    def _options(self) -> dict[str, Any]:
        return {
            **self._network(),
            "env.java.opts.client": SMALL_JVM,
            "env.java.opts.jobmanager": SMALL_JVM,
            "io.tmp.dirs": str(self.folder.data(self.name) / "tmp"),
            "jobmanager.memory.process.size": "1024m",
            "taskmanager.memory.process.size": "4096m",
            "taskmanager.memory.managed.size": "128m",
            "taskmanager.memory.network.max": "256m",
            "taskmanager.numberOfTaskSlots": TASK_SLOTS,
            "parallelism.default": 2,
            "execution.target": "remote",
            "execution.checkpointing.interval": "5 s",
            "execution.checkpointing.min-pause": "1 s",
            "execution.checkpointing.num-retained": 3,
            "execution.checkpointing.dir": self.settings.get(
                "CHECKPOINT_URI", f"file://{self.folder.checkpoints}"
            ),
            "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
            "restart-strategy.type": "exponential-delay",
            "restart-strategy.exponential-delay.initial-backoff": "1 s",
            "restart-strategy.exponential-delay.max-backoff": "15 s",
            "python.executable": str(STREAM_PYTHON),
            "python.client.executable": str(STREAM_PYTHON),
            "python.pythonpath": str(ROOT),
            "metrics.fetcher.update-interval": 1_000,
            "metrics.reporters": "prom",
            "metrics.reporter.prom.host": LOOPBACK,
            "metrics.reporter.prom.factory.class": (
                "org.apache.flink.metrics.prometheus.BoundPrometheusReporterFactory"
            ),
        }

    def _network(self) -> dict[str, Any]:
        return {
            "jobmanager.rpc.address": LOOPBACK,
            "jobmanager.rpc.port": self.ports["flink_rpc"],
            "jobmanager.bind-host": LOOPBACK,
            "taskmanager.host": LOOPBACK,
            "taskmanager.bind-host": LOOPBACK,
            "rest.address": LOOPBACK,
            "rest.bind-address": LOOPBACK,
            "rest.port": self.ports["flink"],
            "rest.bind-port": str(self.ports["flink"]),
            "heartbeat.interval": "3 s",
        }
