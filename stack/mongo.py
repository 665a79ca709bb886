"""The MongoDB-compatible server, file-backed. It speaks MongoDB's protocol; it is not MongoDB."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from pymongo import MongoClient

from stack.engine import Engine
from stack.java import find_java, jar_set
from stack.ports import LOOPBACK
from stack.processes import Launch

SOURCE = Path(__file__).with_name("TandemMongoServer.java")


class Mongo(Engine):
    """One server on loopback, without authentication."""

    name = "mongo"
    setting = "MONGO_URI"
    title = "MongoDB-compatible server"
    ports_by_process: ClassVar[Mapping[str, tuple[str, ...]]] = {"mongo": ("mongo",)}

    @property
    def address(self) -> str:
        """Its connection string."""
        return f"mongodb://{LOOPBACK}:{self.ports['mongo']}"

    def prepare(self) -> None:
        """Make the folder of its data file."""
        self.folder.data(self.name).mkdir(exist_ok=True)

    def launch(self, process: str) -> Launch:
        """The server, from its one source file."""
        data = self.folder.data(self.name) / "data.mv"
        memory = ("-Xmx1g", "-XX:+ExitOnOutOfMemoryError")
        command = (find_java(), *memory, "-cp", jar_set("mongo"), str(SOURCE))
        return Launch(process, (*command, LOOPBACK, str(self.ports["mongo"]), str(data)))

    @classmethod
    def version(cls, address: str) -> str:
        """The version of MongoDB whose protocol it speaks."""
        client: MongoClient[dict[str, Any]] = MongoClient(address, serverSelectionTimeoutMS=2000)
        with client:
            return str(client.server_info()["version"])
