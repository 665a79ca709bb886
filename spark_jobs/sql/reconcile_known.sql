-- name: known
-- One row per alert to judge, with the stream's alert, the accepted event, the accepted event and the conflicting
-- duplicate at the alert's source, why the message there was quarantined, what was proven, and the version of the
-- rule that the verdict in force is about.
SELECT c.alert_id, c.rule_id, c.event_id,
       s.rule_version, s.topic, s.partition, s."offset", s.document::text,
       a.topic, a.partition, a."offset", a.append_time_ms, a.event, a.firing, a.evidence,
       p.topic, p.partition, p."offset", p.append_time_ms, p.event, p.firing, p.evidence,
       x.topic, x.partition, x."offset", x.append_time_ms, x.event, x.firing, x.evidence,
       q.reason, proven.by_key, v.rule_version
FROM staging.reconcile_cases_{token} c
LEFT JOIN warehouse.stream_alerts s USING (alert_id)
LEFT JOIN staging.reconcile_events_{token} a ON a.event_id = c.event_id
LEFT JOIN staging.reconcile_events_{token} p ON (p.topic, p.partition, p."offset") = (s.topic, s.partition, s."offset")
LEFT JOIN staging.reconcile_conflicts_{token} x
    ON (x.topic, x.partition, x."offset") = (s.topic, s.partition, s."offset") AND x.event_id = c.event_id
LEFT JOIN warehouse.data_quality_issues q
    ON (q.topic, q.partition, q."offset") = (s.topic, s.partition, s."offset")
LEFT JOIN (
    SELECT alert_id, jsonb_object_agg(key, proof) AS by_key FROM staging.reconcile_proofs_{token} GROUP BY alert_id
) AS proven ON proven.alert_id = c.alert_id
LEFT JOIN warehouse.alert_reconciliation v ON v.alert_id = c.alert_id;
