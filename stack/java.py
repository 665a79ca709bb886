"""The JDK that the engines run on."""

from __future__ import annotations

import os
import re
import subprocess
from functools import cache
from pathlib import Path

from stack.errors import StackError
from stack.folder import JARS
from stack.processes import find_program

INSTALL_JDK = "install a JDK 17 or 21, for example: apt-get install openjdk-17-jdk-headless"


@cache
def find_java() -> str:
    """The `java` of JAVA_HOME, else of the PATH.

    Raises:
        StackError: there is none, or it is neither 17 nor 21.
    """
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else find_program("java", INSTALL_JDK)
    if not Path(java).exists():
        raise StackError(f"JAVA_HOME={home} holds no bin/java: {INSTALL_JDK}")
    told = subprocess.run([java, "-version"], capture_output=True, text=True, check=True).stderr
    version = re.search(r'version "(\d+)', told)
    if version is None or version.group(1) not in {"17", "21"}:
        raise StackError(f"{java} is {told.splitlines()[0]}; {INSTALL_JDK}")
    return java


def jar_set(name: str) -> str:
    """The class path of one jar set.

    Raises:
        StackError: the set was not built.
    """
    folder = JARS / name
    if not any(folder.glob("*.jar")):
        raise StackError(f"{folder} holds no jars: run `make` to fetch and build them")
    return f"{folder}/*"
