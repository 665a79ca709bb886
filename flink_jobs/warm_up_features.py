"""The job warm_up_features: landed events, put on a topic of their own, into the windows; it alerts nobody.

Its keyed steps are those of detect_fraud, under the same identifiers, so that detect_fraud starts from its
checkpoint with every window filled. Its source and its other operators have identifiers that detect_fraud has
not: where that job reads is told to it, and not taken from here.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from contract.names import WARM_UP_GROUP
from contract.settings import Settings, SettingsError
from flink_jobs.environment import main, stream_environment
from flink_jobs.kafka_tables import create_landed_table
from flink_jobs.windowed_features import with_windows_filled
from rules.dated_rules import dated_rules
from rules.fact_messages import read_fact_lines
from storage.facts import read_facts

JOB = "warm_up_features"
SOURCE = "source-of-landed-events"
OPTIONS = {
    "execution.checkpointing.interval": "1 d",
    "table.exec.uid.generation": "ALWAYS",
    "table.exec.uid.format": "warm_up_<id>_<transformation>",
}
SINK_SQL = "CREATE TEMPORARY TABLE nowhere (event_id STRING) WITH ('connector' = 'blackhole')"


def run(settings: Settings) -> None:
    """Submit the job."""
    parser = argparse.ArgumentParser(prog="warm_up_features.py")
    parser.add_argument("--topic", required=True, help="what spark_jobs/warm_up.py has filled")
    parser.add_argument("--facts", type=Path, metavar="FILE", help="facts that are about to be published")
    options = parser.parse_args(sys.argv[1:])
    history = read_facts(settings).followed_by(read_fact_lines(options.facts) if options.facts else [])
    plan = dated_rules(history).plan
    if not plan.features:
        raise SettingsError("no rule in force has features: there is nothing to warm up")
    environment = stream_environment(JOB, settings, OPTIONS)
    create_landed_table(
        environment, "landed", options.topic, plan.fields_with_filters, WARM_UP_GROUP, settings
    )
    landed = environment.sql_query("SELECT * FROM landed")
    taken_in = with_windows_filled(environment, landed, plan, SOURCE)
    environment.create_temporary_view("taken_in", taken_in)
    environment.execute_sql(SINK_SQL)
    environment.sql_query("SELECT event_id FROM taken_in").execute_insert("nowhere")


if __name__ == "__main__":
    main(run)
