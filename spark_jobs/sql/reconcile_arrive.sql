-- name: alerts
-- The first write stands.
INSERT INTO warehouse.stream_alerts (alert_id, rule_id, rule_version, event_id, user_id, topic, partition, "offset",
    event_time, detected_at_ms, evidence, seen, document, batch_id)
SELECT DISTINCT ON (alert_id) alert_id, rule_id, rule_version, event_id, user_id, topic, partition, "offset",
    to_timestamp(event_time_ms / 1000.0::float8), detected_at_ms, evidence, seen, document, %(batch_id)s
FROM staging.reconcile_arrived_{token}
ORDER BY alert_id, arrival
ON CONFLICT (alert_id) DO NOTHING;
