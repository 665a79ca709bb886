"""The job detect_fraud: topic of events -> strict parser -> rules of the catalog -> topic of alerts.

A message is decided when it arrives; nothing waits for a watermark. Alert ids are made of the rule and
the event, and the first write of an id stands, so neither duplicates nor a restart add an alert, and
rules that read one event need no memory of ids. The second of two messages with one id and different
content may raise an alert of its own: the batch retracts it with the reason ``duplicate_state``. Before
windows are made, the user's step drops what came within the last 24 hours of the user's event time.
"""

from __future__ import annotations

from datetime import UTC, datetime

from contract.names import ALERTS_TOPIC, DETECT_GROUP
from contract.settings import Settings, SettingsError
from flink_jobs.alerts import alerts
from flink_jobs.environment import checkpoint_of, main, parallelism_of, stream_environment
from flink_jobs.events import accepted_events
from flink_jobs.kafka_tables import create_keyed_sink, create_messages_table
from flink_jobs.stream_run import record_run
from rules.catalog import CATALOG, load_catalog

JOB = "detect_fraud"


def run(settings: Settings) -> None:
    """Submit the job and record its start."""
    rules = load_catalog()
    if not rules:
        raise SettingsError(f"no rule in {CATALOG}: expected <id>.yaml files")
    environment = stream_environment(JOB, settings, {})
    create_messages_table(environment, "messages", settings.kafka_topic, DETECT_GROUP, settings)
    create_keyed_sink(environment, "alerts", "alert_id", "alert", ALERTS_TOPIC, settings)
    events = accepted_events(environment, environment.from_path("messages"))
    raised = alerts(environment, events, rules, settings.kafka_topic)
    record_run(settings, rules, checkpoint_of(environment), parallelism_of(environment), datetime.now(UTC))
    raised.execute_insert("alerts")


if __name__ == "__main__":
    main(run)
