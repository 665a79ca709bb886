"""One batch run over what is new: land and score, reconcile, then what risk models in force ask for.

Plain `spark-submit`s underneath, and plain Python for the jobs that need no Spark.
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

JOB = "score_and_reconcile"
WITHOUT_SPARK = ("update_beliefs", "watch_models")


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
        program = sys.executable if job in WITHOUT_SPARK else submit
        status = subprocess.run([program, script], env=environment, cwd=ROOT, check=False).returncode
        if status:
            return status
    return 0


def jobs_of(values: Mapping[str, str]) -> Iterator[str]:
    """Yield the jobs; those of a model only where a version of it is in force once the others are done."""
    from risk_models.published import APPLICATIONS_MODEL, FRAUD_MODEL, is_in_force

    yield JOB
    of_models = {FRAUD_MODEL: ("score_fraud",), APPLICATIONS_MODEL: WITHOUT_SPARK}
    with closing(connect_batch(settings_of(values), "tandem-score")) as connection:
        in_force = [name for name in of_models if is_in_force(connection, name)]
    for name in in_force:
        yield from of_models[name]
