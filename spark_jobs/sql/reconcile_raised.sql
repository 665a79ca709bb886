-- name: raised
-- Alerts that the batch raises itself, unless the stream raised them for a later message, or they wait.
INSERT INTO staging.reconcile_cases_{token}
SELECT raised.alert_id, raised.rule_id, raised.event_id
FROM (
    SELECT rule_id || ':' || e.event_id AS alert_id, rule_id, e.event_id
    FROM staging.reconcile_events_{token} e
    CROSS JOIN LATERAL jsonb_object_keys(e.firing::jsonb) AS rule_id
    WHERE e.is_due
) AS raised
LEFT JOIN warehouse.stream_alerts s USING (alert_id)
LEFT JOIN staging.reconcile_ranges_{token} r ON r.partition = s.partition
LEFT JOIN staging.reconcile_waiting_{token} w USING (alert_id)
WHERE w.alert_id IS NULL
  AND (s.alert_id IS NULL OR r.partition IS NULL OR s."offset" < r.end_offset OR s."offset" >= r.topic_end)
ON CONFLICT DO NOTHING;

-- name: statistics
ANALYZE staging.reconcile_cases_{token};

-- name: requests
-- What is to be proven: by the alert's own place and words, or by the event's place for one that the stream did
-- not raise; rule@version tells which features that takes.
INSERT INTO staging.reconcile_requests_{token}
SELECT coalesce(s.topic, e.topic), coalesce(s.partition, e.partition), coalesce(s."offset", e."offset"),
       coalesce(s.document ->> 'event_time_ms', e.event::jsonb ->> 'event_time_ms')::bigint,
       CASE WHEN s.alert_id IS NULL THEN c.rule_id || '@' || (e.firing::jsonb -> c.rule_id ->> 'version')
            ELSE c.rule_id || '@' || s.rule_version END,
       jsonb_build_object('alert_id', c.alert_id, 'document',
           CASE WHEN s.alert_id IS NOT NULL THEN jsonb_build_object(
               'seen', s.seen, 'seen_counts', s.document -> 'seen_counts',
               'counted_from_ms', s.document -> 'counted_from_ms', 'held_from_ms', s.document -> 'held_from_ms')
           END)::text
FROM staging.reconcile_cases_{token} c
LEFT JOIN warehouse.stream_alerts s USING (alert_id)
LEFT JOIN staging.reconcile_events_{token} e ON e.event_id = c.event_id
WHERE c.rule_id = ANY(%(windowed)s) AND (s.alert_id IS NOT NULL OR e.firing::jsonb -> c.rule_id IS NOT NULL);
