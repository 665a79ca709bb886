"""One reconciliation of a test's platform in a process of its own, so that it can be killed."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from pathlib import Path

from contract.settings import Settings
from rules.catalog import load_catalog
from rules.fact_history import FactHistory
from spark_jobs.progress import Progress
from spark_jobs.reconciliation.reconciling import JOB, Reconciliation, StreamNames
from spark_jobs.session import build_session
from storage.postgres import connect
from tests.reconcile.platform import NOW_MS, book_of

if __name__ == "__main__":
    given = json.load(sys.stdin)
    settings = Settings(**given["settings"])
    with closing(connect(settings.batch_dsn)) as connection:
        Reconciliation(
            settings,
            connection,
            build_session(JOB, {}),
            book_of(load_catalog(Path(given["catalog"])), FactHistory(())),
            Progress(JOB),
            StreamNames(**given["names"]),
        ).reconcile(now_ms=NOW_MS)
