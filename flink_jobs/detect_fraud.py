"""The job detect_fraud: topic of events -> strict parser -> rules in force -> topic of alerts.

A message is decided when it arrives; nothing waits for a watermark. Alert ids are made of the rule and
the event, and the first write of an id stands, so neither duplicates nor a restart add an alert, and
rules that read one event need no memory of ids. The second of two messages with one id and different
content may raise an alert of its own: the batch retracts it with the reason ``duplicate_state``. Before
windows are made, the user's step drops what came within the last 24 hours of the user's event time.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from contract.names import ALERTS_TOPIC, DETECT_GROUP, SHADOW_ALERTS_TOPIC
from contract.settings import Settings, SettingsError
from flink_jobs.alerts import alerts, columns_to_write
from flink_jobs.dated_facts import register_fact_functions
from flink_jobs.environment import checkpoint_of, main, parallelism_of, stream_environment
from flink_jobs.events import accepted_events
from flink_jobs.kafka_tables import create_keyed_sink, create_messages_table
from flink_jobs.start_offsets import checkpoint_offsets
from flink_jobs.stream_run import record_run
from flink_jobs.take_over import read_take_over
from rules.catalog import catalog_folder
from rules.dated_rules import dated_rules
from storage.catalog_facts import take_in_catalog

JOB = "detect_fraud"
OPTIONS = {"execution.checkpointing.interval": "30 s", "execution.checkpointing.min-pause": "15 s"}
"""A checkpoint writes the windows whole. After a failure the events since the last one are decided again."""


def run(settings: Settings) -> None:
    """Submit the job and record its start."""
    now, take_over = datetime.now(UTC), read_take_over(sys.argv[1:])
    history = take_in_catalog(settings, int(now.timestamp() * 1000))
    compiled = dated_rules(history).compiled
    if not compiled:
        raise SettingsError(f"no rule in {catalog_folder(settings)}: expected <id>.yaml files")
    environment = stream_environment(JOB, settings, OPTIONS)
    register_fact_functions(environment, settings)
    checkpoint, parallelism = checkpoint_of(environment), parallelism_of(environment)
    if take_over is None:
        read_from = checkpoint_offsets(checkpoint, settings.kafka_topic)
    else:
        read_from = take_over.read_from
    create_messages_table(environment, "messages", [settings.kafka_topic], DETECT_GROUP, settings, read_from)
    topics = [ALERTS_TOPIC, SHADOW_ALERTS_TOPIC]
    create_keyed_sink(environment, "alerts", "alert_id", "alert", topics, settings)
    events = accepted_events(environment, environment.from_path("messages"), columns_to_write(compiled))
    emit_from = take_over.emit_from if take_over else None
    raised = alerts(environment, events, compiled, settings.kafka_topic, emit_from, history.last_offset)
    record_run(settings, compiled, history.last_offset, checkpoint, take_over, parallelism, now)
    raised.execute_insert("alerts")


if __name__ == "__main__":
    main(run)
