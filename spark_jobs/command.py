"""The command line of ``land_events.py`` and ``score_risk.py``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from contextlib import closing

from contract.settings import Settings, SettingsError, load_settings
from rules.errors import RuleError
from spark_jobs.landing import Landed, Landing, land_files, land_topic
from spark_jobs.progress import Progress
from spark_jobs.runs import AlreadyRunningError, Counts, RunError
from spark_jobs.scoring import Scored, Scoring, score
from spark_jobs.session import build_session
from storage.postgres import connect_batch, require_migrated

EXIT_ERROR = 2
EXIT_ALREADY_RUNNING = 3


def main_land(arguments: Sequence[str]) -> int:
    """Land what is new; return the exit status."""
    parser = _parser("land_events", "Land the messages of the topic, or of files, in the lake.")
    return _guard(lambda: _land(parser.parse_args(arguments)))


def main_score(arguments: Sequence[str]) -> int:
    """Land what is new, then score it; return the exit status."""
    parser = _parser("score_risk", "Land what is new, then score it into the warehouse.")
    parser.add_argument("--recompute", action="store_true", help="score all history again; lands nothing")
    parser.add_argument(
        "--policy-version",
        type=int,
        metavar="N",
        help="risk policy to put in force; else it stays",
    )
    return _guard(lambda: _score(parser.parse_args(arguments)))


def _parser(job: str, text: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"{job}.py", description=text)
    parser.add_argument("--input", metavar="URI", help="JSON lines instead of the topic: file, folder, glob")
    parser.add_argument("--wait", action="store_true", help="queue behind a run that is going on")
    parser.add_argument("--accept-gap", action="store_true", help="go on without offsets that the topic lost")
    return parser


def _guard(work: Callable[[], None]) -> int:
    """Turn the errors that a person can act on into one line."""
    try:
        work()
    except AlreadyRunningError as error:
        sys.stderr.write(f"error: {error}\n")
        return EXIT_ALREADY_RUNNING
    except (SettingsError, RunError, RuleError) as error:
        sys.stderr.write(f"error: {error}\n")
        return EXIT_ERROR
    return 0


def _land(options: argparse.Namespace) -> None:
    settings, progress = load_settings(), Progress("land_events")
    _require(settings, options)
    with closing(connect_batch(settings, "tandem-land-events")) as connection:
        require_migrated(connection)
        landing = Landing(build_session("land_events"), settings, connection, progress)
        landed = _land_source(landing, options)
    progress.show(summary(landed.counts, progress.seconds))


def _score(options: argparse.Namespace) -> None:
    settings, progress = load_settings(), Progress("score_risk")
    _require(settings, options)
    with closing(connect_batch(settings, "tandem-score-risk")) as connection:
        require_migrated(connection)
        spark = build_session("score_risk")
        landed = Landed(None, Counts())
        if not options.recompute:
            landed = _land_source(Landing(spark, settings, connection, progress), options)
        scored = score(
            Scoring(spark, settings, connection, progress),
            policy_version=options.policy_version,
            recompute=options.recompute,
            wait=options.wait,
        )
    progress.show(summary(landed.counts, progress.seconds, scored))


def _require(settings: Settings, options: argparse.Namespace) -> None:
    """Name an unset setting before Spark starts."""
    settings.require("lake_uri")
    if not options.input and not getattr(options, "recompute", False):
        settings.require("kafka_bootstrap_servers")


def _land_source(landing: Landing, options: argparse.Namespace) -> Landed:
    if options.input:
        return land_files(landing, options.input, wait=options.wait)
    return land_topic(landing, accept_gap=options.accept_gap, wait=options.wait)


def summary(counts: Counts, seconds: float, scored: Scored | None = None) -> str:
    """Return the figures of a run on one screen."""
    read = counts.rows_read or 0
    lines = [
        ("read", read),
        ("accepted", counts.rows_accepted or 0),
        ("duplicate", counts.rows_duplicate or 0),
        ("quarantined", counts.rows_quarantined or 0),
        *((f"  {reason}", number) for reason, number in sorted((counts.quarantined_by_reason or {}).items())),
    ]
    if scored:
        lines += [(f"written: {table}", rows) for table, rows in scored.rows_by_table.items()]
    table = "\n".join(f"  {name:<46}{number:>14,}" for name, number in lines)
    policy = f"  policy version {scored.policy_version}\n" if scored else ""
    speed = f"{read / seconds:,.0f} events/s" if read else "nothing new"
    return f"{table}\n{policy}  {seconds:.1f} s, {speed}"
