"""Kafka in KRaft mode: broker and controller in one process."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from confluent_kafka.admin import AdminClient

from stack.engine import Engine
from stack.environment import settings_of
from stack.errors import StackError
from stack.folder import JARS
from stack.java import find_java, jar_set
from stack.ports import LOOPBACK
from stack.processes import Launch

HEAP = ("-Xms256m", "-Xmx640m", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20")
LOGGING = Path(__file__).with_name("kafka-log4j2.properties")


class Kafka(Engine):
    """One broker on loopback, without authentication."""

    name = "kafka"
    setting = "KAFKA_BOOTSTRAP_SERVERS"
    title = "Kafka"
    ports_by_process: ClassVar[Mapping[str, tuple[str, ...]]] = {"kafka": ("kafka", "kafka_controller")}

    @property
    def address(self) -> str:
        """host:port of the broker."""
        return f"{LOOPBACK}:{self.ports['kafka']}"

    def prepare(self) -> None:
        """Write the broker's configuration and, once, format its storage."""
        data = self.folder.data(self.name)
        data.mkdir(exist_ok=True)
        self._config.write_text(_text(self._properties()))
        for draft in data.glob("draft-*"):
            shutil.rmtree(draft) if draft.is_dir() else draft.unlink()
        if not self._log.exists():
            self._format_storage()

    def launch(self, process: str) -> Launch:
        """The broker."""
        logging = f"-Dlog4j2.configurationFile={LOGGING}"
        main = ("-cp", jar_set("kafka"), "kafka.Kafka", str(self._config))
        return Launch(process, (find_java(), *HEAP, logging, *main))

    @classmethod
    def version(cls, address: str) -> str:
        """Any broker answers with the cluster's size: its protocol has no version of the server."""
        return cls._size({"bootstrap.servers": address})

    def ask_external(self, address: str) -> str:
        """The cluster's size, asked with the security settings that there are."""
        return self._size(settings_of({**self.settings, self.setting: address}).librdkafka())

    @staticmethod
    def _size(connection: Mapping[str, str]) -> str:
        client = AdminClient({**connection, "log_level": 0, "socket.timeout.ms": 2000})
        brokers = len(client.list_topics(timeout=2).brokers)
        return f"{brokers} broker{'s' if brokers != 1 else ''}"

    def ask(self) -> str:
        """The version of the embedded broker."""
        self.version(self.address)
        jar = next(JARS.glob("kafka/kafka_2.13-*.jar"))
        return jar.stem.partition("-")[2]

    @property
    def _config(self) -> Path:
        return self.folder.data(self.name) / "server.properties"

    @property
    def _log(self) -> Path:
        return self.folder.data(self.name) / "log"

    def _properties(self) -> dict[str, str]:
        controller = f"{LOOPBACK}:{self.ports['kafka_controller']}"
        return {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@{controller}",
            "listeners": f"PLAINTEXT://{self.address},CONTROLLER://{controller}",
            "controller.listener.names": "CONTROLLER",
            "log.dirs": str(self._log),
            "auto.create.topics.enable": "false",
            "default.replication.factor": "1",
            "min.insync.replicas": "1",
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "4",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "transaction.state.log.num.partitions": "4",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
            "log.retention.hours": "-1",
        }

    def _format_storage(self) -> None:
        """Format a draft and move it into place, so that a killed start leaves nothing half done."""
        draft = self.folder.data(self.name) / f"draft-{os.getpid()}"
        config = draft.with_suffix(".properties")
        config.write_text(_text({**self._properties(), "log.dirs": str(draft)}))
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        tool = (find_java(), "-cp", jar_set("kafka"), "kafka.tools.StorageTool", "format")
        formatted = subprocess.run(
            [*tool, f"--cluster-id={cluster}", "-c", str(config)], capture_output=True, text=True, check=False
        )
        if formatted.returncode:
            raise StackError(f"Kafka's storage was not formatted: {formatted.stderr.strip()[-500:]}")
        draft.rename(self._log)
        config.unlink()


def _text(properties: Mapping[str, str]) -> str:
    return "".join(f"{name}={value}\n" for name, value in properties.items())
