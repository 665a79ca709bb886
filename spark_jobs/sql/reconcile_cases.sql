-- name: cases
-- Alerts whose event lies in the judged ranges; alerts that arrived now for events judged before, or for a
-- place that the topic does not have; alerts that stand unexplained; alerts that the batch raises itself, unless
-- the stream raised them for a later message, which waits.
INSERT INTO staging.reconcile_cases_{token}
SELECT s.alert_id, s.rule_id, s.event_id
FROM staging.reconcile_ranges_{token} r
JOIN warehouse.stream_alerts s
    ON s.topic = %(topic)s AND s.partition = r.partition
    AND s."offset" >= r.first_offset AND s."offset" < r.end_offset
UNION
SELECT s.alert_id, s.rule_id, s.event_id
FROM staging.reconcile_arrived_{token} a
JOIN warehouse.stream_alerts s USING (alert_id)
LEFT JOIN staging.reconcile_ranges_{token} r ON r.partition = s.partition
WHERE r.partition IS NULL OR s."offset" < r.end_offset OR s."offset" >= r.topic_end
UNION
SELECT alert_id, rule_id, event_id
FROM warehouse.alert_reconciliation WHERE reason = 'unexplained'
UNION
SELECT raised.alert_id, raised.rule_id, raised.event_id
FROM (
    SELECT rule_id || ':' || e.event_id AS alert_id, rule_id, e.event_id
    FROM staging.reconcile_events_{token} e
    CROSS JOIN LATERAL jsonb_object_keys(e.firing::jsonb) AS rule_id
) AS raised
LEFT JOIN warehouse.stream_alerts s USING (alert_id)
LEFT JOIN staging.reconcile_ranges_{token} r ON r.partition = s.partition
WHERE s.alert_id IS NULL OR r.partition IS NULL OR s."offset" < r.end_offset OR s."offset" >= r.topic_end;

-- name: statistics
ANALYZE staging.reconcile_cases_{token};

-- name: open
INSERT INTO staging.reconcile_open_{token}
SELECT c.event_id, e.event_id IS NULL, s.topic, s.partition, s."offset"
FROM staging.reconcile_cases_{token} c
LEFT JOIN warehouse.stream_alerts s USING (alert_id)
LEFT JOIN staging.reconcile_events_{token} e ON e.event_id = c.event_id
WHERE e.event_id IS NULL
   OR (s.alert_id IS NOT NULL AND (s.topic, s.partition, s."offset") <> (e.topic, e.partition, e."offset"));
