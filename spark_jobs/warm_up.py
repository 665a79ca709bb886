"""``spark-submit spark_jobs/warm_up.py``: landed events onto a topic, for windows to be filled from."""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from spark_jobs.warming import main

    sys.exit(main(sys.argv[1:]))
