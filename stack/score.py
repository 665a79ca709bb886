"""One batch run over what is new: land and score, reconcile, score transactions where a model is in force.

Plain `spark-submit`s underneath.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

from stack.folder import ROOT
from stack.platform import settings_of
from storage.postgres import connect_batch

JOBS = ("score_risk", "reconcile_alerts")


def run_score(values: Mapping[str, str]) -> int:
    """Run the batch jobs one after the other.

    Args:
        values: the settings, as in the env file.

    Returns:
        the exit status of the first job that did not succeed, else 0.
    """
    submit = str(Path(sys.executable).parent / "spark-submit")
    for job in jobs_of(values):
        script = str(ROOT / "spark_jobs" / f"{job}.py")
        environment = {**os.environ, **values}
        status = subprocess.run([submit, script], env=environment, cwd=ROOT, check=False).returncode
        if status:
            return status
    return 0


def jobs_of(values: Mapping[str, str]) -> Iterator[str]:
    """Yield the jobs; that which scores transactions only if it has a model to do so with."""
    from risk_models.published import FRAUD_MODEL, is_in_force

    yield from JOBS
    with closing(connect_batch(settings_of(values), "tandem-score")) as connection:
        fraud = is_in_force(connection, FRAUD_MODEL)
    if fraud:
        yield "score_fraud"
