"""What a machine lacks is named in one line; what can be fetched is fetched."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stack.folder import ROOT

TOOLS = (
    "bash",
    "sh",
    "sed",
    "dirname",
    "find",
    "cat",
    "ls",
    "head",
    "tail",
    "mktemp",
    "mkdir",
    "mv",
    "rm",
    "chmod",
    "uname",
)


def test_a_missing_jdk_is_one_line_with_the_command_that_installs_it(tmp_path: Path) -> None:
    done = _check(_path(tmp_path, "python3"))
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "a JDK 17 or 21 is not on the PATH: install it, for example: apt-get install openjdk-17-jdk-headless"
    ]


def test_a_java_runtime_without_compiler_is_not_enough(tmp_path: Path) -> None:
    done = _check(_path(tmp_path, "python3", "java"))
    assert "apt-get install openjdk-17-jdk-headless" in done.stderr


def test_an_older_jdk_is_named_with_its_version(tmp_path: Path) -> None:
    folder = _path(tmp_path, "python3", "java")
    (folder / "javac").write_text("#!/bin/sh\necho javac 11.0.22\n")
    (folder / "javac").chmod(0o755)
    done = _check(folder)
    assert done.returncode == 2
    assert "is version 11, expected a JDK 17 or 21" in done.stderr


def test_a_missing_python_is_one_line_with_the_command_that_installs_it(tmp_path: Path) -> None:
    done = _check(_path(tmp_path, "java", "javac"))
    assert done.returncode == 2
    assert done.stderr.startswith("Python 3.11 or 3.12 is not on the PATH: install it")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.engines
def test_where_maven_is_missing_the_project_fetches_it_once(tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "stack").mkdir(parents=True)
    shutil.copy(ROOT / "mvnw", project)
    shutil.copy(ROOT / "stack" / "maven.ivy.xml", project / "stack")
    (project / ".venv").symlink_to(ROOT / ".venv")
    path = _path(tmp_path, "java")
    for _ in range(2):
        done = _run([str(project / "mvnw"), "--version"], path)
        assert done.returncode == 0, done.stderr
        assert "Apache Maven 3.9.9" in done.stdout
    assert [entry.name for entry in (project / ".tools").iterdir()] == ["maven"]


@pytest.mark.engines
def test_a_maven_with_another_checksum_is_refused(tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "stack").mkdir(parents=True)
    script = (ROOT / "mvnw").read_text()
    (project / "mvnw").write_text(script.replace("sha512=8beac8", "sha512=000000"))
    (project / "mvnw").chmod(0o755)
    shutil.copy(ROOT / "stack" / "maven.ivy.xml", project / "stack")
    (project / ".venv").symlink_to(ROOT / ".venv")
    done = _run([str(project / "mvnw"), "--version"], _path(tmp_path, "java"))
    assert done.returncode != 0
    assert "expected 000000" in done.stderr
    assert not (project / ".tools" / "maven").exists()


def _path(tmp_path: Path, *programs: str) -> Path:
    """A folder with a few programs, to be the whole PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in (*TOOLS, *programs):
        found = sys.executable if name == "python3" else shutil.which(name)
        assert found, name
        (folder / name).write_text(f'#!/bin/sh\nexec {found} "$@"\n')
        (folder / name).chmod(0o755)
    return folder


def _check(path: Path) -> subprocess.CompletedProcess[str]:
    return _run(["/bin/bash", str(ROOT / "stack" / "bootstrap.sh"), "check"], path)


def _run(command: list[str], path: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": str(path), "HOME": str(path)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
