"""The figures of a reconciliation on one screen."""

from __future__ import annotations

from spark_jobs.reconciliation.reconciling import Reconciled


def summary(reconciled: Reconciled, seconds: float) -> str:
    """Return the figures, one a line."""
    tally, arrivals = reconciled.tally, reconciled.arrivals
    verdicts = sorted(tally.counts.items(), key=lambda entry: (entry[0][0], entry[0][1] or ""))
    lines = [
        ("alerts read", arrivals.new + arrivals.repeated),
        *([("messages refused", len(arrivals.refused))] if arrivals.refused else []),
        ("events judged", reconciled.gathered.events_judged),
        ("alerts expected", reconciled.gathered.alerts_expected),
        *(
            (f"{verdict}: {reason}" if reason else str(verdict), count)
            for (verdict, reason), count in verdicts
        ),
        ("unexplained", tally.unexplained_count),
        ("waiting for the next run", reconciled.waiting),
    ]
    table = "\n".join(f"  {name:<46}{number:>14,}" for name, number in lines)
    return f"{table}\n  {seconds:.1f} s"
