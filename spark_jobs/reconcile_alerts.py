"""``spark-submit spark_jobs/reconcile_alerts.py``: judge the stream's alerts by an own evaluation."""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from spark_jobs.reconciliation.command import main

    sys.exit(main(sys.argv[1:]))
