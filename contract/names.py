"""The names of topics, consumer groups, collections and schemas. One idea, one name."""

from __future__ import annotations

EVENTS_TOPIC_DEFAULT = "risk_events"
ALERTS_TOPIC = "fraud_alerts"
DELIVERIES_TOPIC = "alert_deliveries"
STREAM_RUNS_TOPIC = "stream_runs"
FACTS_TOPIC = "rule_facts"
SHADOW_ALERTS_TOPIC = "shadow_alerts"

DETECT_GROUP = "tandem-detect-fraud"
DELIVER_GROUP = "tandem-deliver-alerts"
LAND_GROUP = "tandem-land-events"
WARM_UP_GROUP = "tandem-warm-up-features"

ALERTS_COLLECTION = "fraud_alerts"
SHADOW_ALERTS_COLLECTION = "shadow_alerts"
STREAM_RUNS_COLLECTION = "stream_runs"
POLICIES_COLLECTION = "policies"
UNDELIVERED_COLLECTION = "undelivered_alerts"

WAREHOUSE_SCHEMA = "warehouse"
STAGING_SCHEMA = "staging"
BI_SCHEMA = "bi"

OWNER_ROLE = "tandem_owner"
BATCH_ROLE = "tandem_batch"
MONITOR_ROLE = "tandem_monitor"
BI_ROLE = "bi_reader"

TOPIC_MESSAGE_BYTES_MAX = 4 * 1024 * 1024
