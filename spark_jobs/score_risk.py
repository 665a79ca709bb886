"""``spark-submit spark_jobs/score_risk.py``: land what is new, then score it into the warehouse."""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from spark_jobs.command import main_score

    sys.exit(main_score(sys.argv[1:]))
