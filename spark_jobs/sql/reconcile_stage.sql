-- name: arrived: one row per alert read from the alerts' topic, in the order of reading.
CREATE UNLOGGED TABLE staging.reconcile_arrived_{token} (
    arrival bigint, alert_id text COLLATE "C", rule_id text, rule_version integer, event_id text COLLATE "C",
    user_id text, topic text COLLATE "C", partition integer, "offset" bigint, event_time_ms bigint,
    detected_at_ms bigint, evidence jsonb, seen jsonb, document jsonb
);
-- name: ranges: one row per partition: what this run judges, and where the topic ends.
CREATE UNLOGGED TABLE staging.reconcile_ranges_{token} (
    partition integer PRIMARY KEY, first_offset bigint, end_offset bigint, topic_end bigint
);
-- name: loaded: one row per accepted event that matters, or more where Spark repeated a task.
CREATE UNLOGGED TABLE staging.reconcile_loaded_{token} (
    topic text COLLATE "C", partition integer, "offset" bigint, event_id text COLLATE "C", event text, firing text
);
-- name: events: one row per accepted event that matters, with the rules that fire on it.
CREATE UNLOGGED TABLE staging.reconcile_events_{token} (
    LIKE staging.reconcile_loaded_{token}, PRIMARY KEY (topic, partition, "offset")
);
-- name: conflicts: the same for messages that were quarantined as conflicting duplicates.
CREATE UNLOGGED TABLE staging.reconcile_conflicts_{token} (LIKE staging.reconcile_loaded_{token});
-- name: cases: one row per alert to judge
CREATE UNLOGGED TABLE staging.reconcile_cases_{token} (
    alert_id text COLLATE "C" PRIMARY KEY, rule_id text, event_id text COLLATE "C"
);
-- name: open: one row per alert to judge whose event, or the message at whose source, is not among the events above.
CREATE UNLOGGED TABLE staging.reconcile_open_{token} (
    event_id text COLLATE "C", event_unknown boolean, topic text COLLATE "C", partition integer, "offset" bigint
);
-- name: verdicts: one row per verdict; document is there for alerts that only the batch raised.
CREATE UNLOGGED TABLE staging.reconcile_verdicts_{token} (
    alert_id text COLLATE "C" PRIMARY KEY, rule_id text, rule_version integer, event_id text COLLATE "C",
    verdict text, reason text, detail text, document jsonb
);
