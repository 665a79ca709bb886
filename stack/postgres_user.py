"""As whom PostgreSQL runs: the server refuses to run as root."""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from stack.errors import StackError
from stack.processes import find_program

ORDINARY_USERS = ("postgres", "nobody")


@dataclass(frozen=True)
class PostgresUser:
    """The user of the server's processes."""

    uid: int
    gid: int
    prefix: tuple[str, ...]

    @classmethod
    def choose(cls) -> PostgresUser:
        """Ourselves, or where we are root an ordinary user, by way of setpriv."""
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid(), ())
        for name in ORDINARY_USERS:
            try:
                user = pwd.getpwnam(name)
            except KeyError:
                continue
            setpriv = find_program("setpriv", "install it: apt-get install util-linux")
            ids = (f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups")
            return cls(user.pw_uid, user.pw_gid, (setpriv, *ids))
        raise StackError(
            f"PostgreSQL does not run as root, and there is no user {' or '.join(ORDINARY_USERS)}"
        )

    def make_folder(self, folder: Path) -> None:
        """Make a folder that this user owns."""
        folder.mkdir(parents=True, mode=0o700)
        os.chown(folder, self.uid, self.gid)

    def write(self, path: Path, text: str) -> None:
        """Write a file that this user owns."""
        path.write_text(text)
        os.chown(path, self.uid, self.gid)

    def can_reach(self, path: Path) -> bool:
        """Whether this user may pass through every folder down to ``path``."""
        if not self.prefix:
            return True
        return subprocess.run([*self.prefix, "test", "-x", str(path)], check=False, cwd="/").returncode == 0
