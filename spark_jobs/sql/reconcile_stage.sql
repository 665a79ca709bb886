-- name: arrived: one row per alert read from the alerts' topic, in the order of reading.
CREATE UNLOGGED TABLE staging.reconcile_arrived_{token} (
    arrival bigint, alert_id text COLLATE "C", rule_id text, rule_version integer, event_id text COLLATE "C",
    user_id text, topic text COLLATE "C", partition integer, "offset" bigint, event_time_ms bigint,
    detected_at_ms bigint, evidence jsonb, seen jsonb, document jsonb
);
-- name: ranges: one row per partition: what this run judges, how far it has landed, and where the topic ends.
CREATE UNLOGGED TABLE staging.reconcile_ranges_{token} (
    partition integer PRIMARY KEY, first_offset bigint, end_offset bigint, landed_end bigint, topic_end bigint
);
-- name: touched: one row or more per event judged before that a new fact speaks of, or in whose windows a new one lies.
CREATE UNLOGGED TABLE staging.reconcile_touched_{token} (
    topic text COLLATE "C", partition integer, "offset" bigint, event_id text COLLATE "C", event_time_ms bigint
);
-- name: cases: one row per alert to judge
CREATE UNLOGGED TABLE staging.reconcile_cases_{token} (
    alert_id text COLLATE "C" PRIMARY KEY, rule_id text, event_id text COLLATE "C"
);
-- name: waiting: one row per alert that waits for what has not landed.
CREATE UNLOGGED TABLE staging.reconcile_waiting_{token} (alert_id text COLLATE "C" PRIMARY KEY);
-- name: places: one row per place on a topic that an alert to judge is about.
CREATE UNLOGGED TABLE staging.reconcile_places_{token} (
    topic text COLLATE "C", partition integer, "offset" bigint, batch_id text COLLATE "C"
);
-- name: loaded: one row per accepted event that matters, or more where Spark repeated a task.
CREATE UNLOGGED TABLE staging.reconcile_loaded_{token} (
    topic text COLLATE "C", partition integer, "offset" bigint, event_time_ms bigint, firing text, evidence text,
    is_due boolean
);
-- name: texts: the events themselves.
CREATE UNLOGGED TABLE staging.reconcile_texts_{token} (
    topic text COLLATE "C", partition integer, "offset" bigint, append_time_ms bigint, event_id text COLLATE "C",
    event text
);
-- name: events: one row per accepted event that matters, with the rules that fire on it; is_due: judged by this run.
CREATE UNLOGGED TABLE staging.reconcile_events_{token} (
    LIKE staging.reconcile_texts_{token}, firing text, evidence text, is_due boolean,
    PRIMARY KEY (topic, partition, "offset")
);
-- name: conflicts: the same for messages that were quarantined as conflicting duplicates.
CREATE UNLOGGED TABLE staging.reconcile_conflicts_{token} (LIKE staging.reconcile_events_{token});
-- name: requests: one row per alert to prove, with the place of its event.
CREATE UNLOGGED TABLE staging.reconcile_requests_{token} (
    topic text COLLATE "C", partition integer, "offset" bigint, event_time_ms bigint, rule text, request text
);
-- name: proofs: one row per alert and feature key, or more where Spark repeated a task.
CREATE UNLOGGED TABLE staging.reconcile_proofs_{token} (
    alert_id text COLLATE "C", key text, proof text
);
-- name: verdicts: one row per verdict; document is there for alerts that only the batch raised.
CREATE UNLOGGED TABLE staging.reconcile_verdicts_{token} (
    alert_id text COLLATE "C" PRIMARY KEY, rule_id text, rule_version integer, event_id text COLLATE "C",
    verdict text, reason text, detail text, document jsonb
);
