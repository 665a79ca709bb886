"""The command line of ``land_events.py`` and ``score_risk.py``."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from functools import partial

from contract.settings import Settings, load_settings
from spark_jobs.exit_status import exit_status
from spark_jobs.landing import Landed, Landing, land_files, land_new
from spark_jobs.progress import Progress
from spark_jobs.publish_risk_levels import publish_risk_levels
from spark_jobs.runs import Counts
from spark_jobs.scoring import Scored, Scoring, score
from spark_jobs.session import build_session
from spark_jobs.view_refresh import refresh_views
from storage.postgres import connect_batch, require_migrated


def main_land(arguments: Sequence[str]) -> int:
    """Land what is new; return the exit status."""
    parser = _parser("land_events", "Land the messages of the topic, or of files, in the lake.")
    return exit_status(lambda: _land(parser.parse_args(arguments)))


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
    return exit_status(lambda: _score(parser.parse_args(arguments)))


def _parser(job: str, text: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"{job}.py", description=text)
    parser.add_argument("--input", metavar="URI", help="JSON lines instead of the topic: file, folder, glob")
    parser.add_argument("--wait", action="store_true", help="queue behind a run that is going on")
    parser.add_argument("--accept-gap", action="store_true", help="go on without offsets that the topic lost")
    return parser


def _land(options: argparse.Namespace) -> None:
    settings, progress = load_settings(), Progress("land_events")
    _require(settings, options)
    with closing(connect_batch(settings, "tandem-land-events")) as connection:
        require_migrated(connection)
        landing = Landing(build_session("land_events"), settings, connection, progress)
        counts = total(landed.counts for landed in _landed(landing, options))
    progress.show(summary(counts, progress.seconds))


def _score(options: argparse.Namespace) -> None:
    """Score each landed run while the next one lands: PostgreSQL and Spark work side by side."""
    settings, progress = load_settings(), Progress("score_risk")
    _require(settings, options)
    with (
        closing(connect_batch(settings, "tandem-land-events")) as landing_connection,
        closing(connect_batch(settings, "tandem-score-risk")) as scoring_connection,
        ThreadPoolExecutor(1) as scorer,
    ):
        require_migrated(landing_connection)
        spark = build_session("score_risk")
        scoring = Scoring(spark, settings, scoring_connection, progress)
        score_new = partial(score, scoring, policy_version=options.policy_version, wait=options.wait)
        counts: list[Counts] = []
        scored: list[Future[Scored]] = []
        if not options.recompute:
            for landed in _landed(Landing(spark, settings, landing_connection, progress), options):
                counts.append(landed.counts)
                scored.append(scorer.submit(score_new))
                for earlier in scored:
                    if earlier.done():
                        earlier.result()
        if options.recompute or not scored:
            scored.append(scorer.submit(score_new, recompute=options.recompute))
        results = [future.result() for future in scored]
        if settings.kafka_bootstrap_servers is not None:
            publish_risk_levels(settings, scoring_connection, wait=options.wait)
        refresh_views(scoring_connection, progress)
    progress.show(summary(total(counts), progress.seconds, results))


def _require(settings: Settings, options: argparse.Namespace) -> None:
    """Name an unset setting before Spark starts."""
    settings.require("lake_uri")
    if not options.input and not getattr(options, "recompute", False):
        settings.require("kafka_bootstrap_servers")


def _landed(landing: Landing, options: argparse.Namespace) -> Iterator[Landed]:
    if options.input:
        landed = land_files(landing, options.input, wait=options.wait)
        return iter([landed] if landed.batch_id else [])
    return land_new(landing, accept_gap=options.accept_gap, wait=options.wait)


def total(counts: Iterable[Counts]) -> Counts:
    """Add up what several runs read."""
    read, accepted, duplicate, quarantined = 0, 0, 0, 0
    by_reason: Counter[str] = Counter()
    for one in counts:
        read += one.rows_read or 0
        accepted += one.rows_accepted or 0
        duplicate += one.rows_duplicate or 0
        quarantined += one.rows_quarantined or 0
        by_reason.update(one.quarantined_by_reason or {})
    return Counts(read, accepted, duplicate, quarantined, by_reason)


def summary(counts: Counts, seconds: float, scored: Sequence[Scored] = ()) -> str:
    """Return the figures of all runs on one screen."""
    read = counts.rows_read or 0
    lines = [
        ("read", read),
        ("accepted", counts.rows_accepted or 0),
        ("duplicate", counts.rows_duplicate or 0),
        ("quarantined", counts.rows_quarantined or 0),
        *((f"  {reason}", number) for reason, number in sorted((counts.quarantined_by_reason or {}).items())),
    ]
    written: Counter[str] = Counter()
    for one in scored:
        written.update(one.rows_by_table)
    lines += [(f"written: {table}", rows) for table, rows in written.items()]
    table = "\n".join(f"  {name:<46}{number:>14,}" for name, number in lines)
    policy = f"  policy version {scored[-1].policy_version}\n" if scored else ""
    policy += "".join(f"  {model}\n" for model in [one.model for one in scored if one.model][-1:])
    speed = f"{read / seconds:,.0f} events/s" if read else "nothing new"
    return f"{table}\n{policy}  {seconds:.1f} s, {speed}"
