"""One batch run over what is new: land and score, then reconcile. Plain `spark-submit`s underneath."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from stack.folder import ROOT

JOBS = ("score_risk", "reconcile_alerts")


def run_score(values: Mapping[str, str]) -> int:
    """Run the batch jobs one after the other.

    Args:
        values: the settings, as in the env file.

    Returns:
        the exit status of the first job that did not succeed, else 0.
    """
    submit = str(Path(sys.executable).parent / "spark-submit")
    for job in JOBS:
        script = str(ROOT / "spark_jobs" / f"{job}.py")
        environment = {**os.environ, **values}
        status = subprocess.run([submit, script], env=environment, cwd=ROOT, check=False).returncode
        if status:
            return status
    return 0
