"""``spark-submit spark_jobs/land_events.py``: topic or files to the lake and the ledger of ids."""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from spark_jobs.command import main_land

    sys.exit(main_land(sys.argv[1:]))
