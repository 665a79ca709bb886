"""``spark-submit spark_jobs/score_and_reconcile.py``: both jobs in one JVM, which is warm for the second."""

import argparse
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from spark_jobs.command import main_score
    from spark_jobs.reconciliation.command import main as main_reconcile

    argparse.ArgumentParser(
        prog="score_and_reconcile.py",
        description="Land and score what is new, then judge the alerts; each job's own program has options.",
    ).parse_args()
    sys.exit(main_score([]) or main_reconcile([]))
