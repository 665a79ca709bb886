"""Giving a stream job to Flink, as ``flink run`` does."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from stack.errors import StackError
from stack.flink import flink_home
from stack.folder import ROOT, STREAM_PYTHON, StackFolder

SUBMIT_TIMEOUT_S = 180


def checkpoints_of(settings: Mapping[str, str], job: str) -> str:
    """The folder of a job's checkpoints, over all its runs."""
    return f"{settings['CHECKPOINT_URI'].rstrip('/')}/{job}"


def submit_job(
    folder: StackFolder,
    settings: Mapping[str, str],
    job: str,
    resume: Sequence[str] = (),
    arguments: Sequence[str] = (),
) -> None:
    """Submit a job, with options of ``flink run`` and arguments of its own.

    Raises:
        StackError: Flink refuses; with its reason and the log.
    """
    values = {**settings, "CHECKPOINT_URI": checkpoints_of(settings, job)}
    submit_script(ROOT / "flink_jobs" / f"{job}.py", values, folder.log(f"submit-{job}"), resume, arguments)


def submit_script(
    script: Path,
    settings: Mapping[str, str],
    log: Path,
    options: Sequence[str] = (),
    arguments: Sequence[str] = (),
) -> None:
    """Submit a program; what Flink says of it goes into the log.

    Raises:
        StackError: Flink refuses; with its reason and the log.
    """
    pythons = ("-pyexec", str(STREAM_PYTHON), "-pyclientexec", str(STREAM_PYTHON))
    command = (str(flink_home() / "bin" / "flink"), "run", "-d", *_target(settings), *options)
    with log.open("w") as output:
        done = subprocess.run(
            (*command, *pythons, "-py", str(script), *arguments),
            env={**os.environ, **settings},
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            timeout=SUBMIT_TIMEOUT_S,
            check=False,
        )
    if done.returncode:
        reason = _reason(log.read_text())
        raise StackError(f"stream job {script.stem} was not submitted: {reason} (all of it: {log})")


def _target(settings: Mapping[str, str]) -> tuple[str, ...]:
    address = urlsplit(settings["FLINK_REST_URL"])
    return ("-t", "remote", f"-Drest.address={address.hostname}", f"-Drest.port={address.port or 8081}")


def _reason(log: str) -> str:
    """The line of a submission's log that says why: the last cause before Flink's own account of the end."""
    told = log.partition("org.apache.flink.client.program.ProgramAbortException")[0]
    lines = [line for line in told.splitlines() if line.strip() and not line.startswith(("\tat ", "\t... "))]
    causes = [line.removeprefix("Caused by: ") for line in lines if line.startswith("Caused by: ")]
    return (causes or lines or ["nothing was said"])[-1].strip()
