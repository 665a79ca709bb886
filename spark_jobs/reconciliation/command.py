"""The command line of ``reconcile_alerts.py``."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from contextlib import closing

from contract.settings import Settings, load_settings
from rules.catalog import catalog_folder, load_catalog
from rules.compiler import compile_rule
from rules.dated_rules import dated_rules
from spark_jobs.exit_status import exit_status
from spark_jobs.progress import Progress
from spark_jobs.reconciliation.reconciling import JOB, Reconciliation, UnexplainedError
from spark_jobs.reconciliation.rule_book import RuleBook
from spark_jobs.reconciliation.summary import summary
from spark_jobs.session import build_session
from storage.facts import read_facts
from storage.postgres import connect_batch, require_migrated

EXIT_UNEXPLAINED = 1


def main(arguments: Sequence[str]) -> int:
    """Reconcile what is due; return the exit status: 1 where a difference is unexplained."""
    parser = argparse.ArgumentParser(
        prog="reconcile_alerts.py", description="Judge the stream's alerts up to what it has committed."
    )
    parser.add_argument("--wait", action="store_true", help="queue behind a run that is going on")
    parser.add_argument(
        "--accept-gap", action="store_true", help="go on without alerts that their topic lost"
    )
    options = parser.parse_args(arguments)
    return exit_status(lambda: _reconcile(options), {UnexplainedError: EXIT_UNEXPLAINED})


def _reconcile(options: argparse.Namespace) -> None:
    settings, lines = load_settings(), Progress(JOB)
    for name in ("kafka_bootstrap_servers", "mongo_uri", "lake_uri"):
        settings.require(name)
    book = load_book(settings)
    with closing(connect_batch(settings, "tandem-reconcile-alerts")) as connection:
        require_migrated(connection)
        reconciliation = Reconciliation(settings, connection, build_session(JOB), book, lines)
        reconciled = reconciliation.reconcile(
            now_ms=time.time_ns() // 1_000_000, accept_gap=options.accept_gap, wait=options.wait
        )
    lines.show(summary(reconciled, lines.seconds))


def load_book(settings: Settings) -> RuleBook:
    """Read the dated facts; where they name no rule, those of the catalog are in force.

    Raises:
        SettingsError: the brokers do not answer, or the topic of facts is absent.
        RuleError: a rule of the catalog is wrong.
    """
    facts = read_facts(settings)
    dated = dated_rules(facts).compiled
    return RuleBook(dated or [compile_rule(rule) for rule in load_catalog(catalog_folder(settings))], facts)
