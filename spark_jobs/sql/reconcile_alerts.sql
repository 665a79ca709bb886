-- name: cases
-- Alerts whose event lies in the judged ranges; alerts that arrived now for events judged before, or for a
-- place that the topic does not have; alerts that stand unexplained, or waited for what had not landed; alerts
-- of events whose windows a newly judged event touches.
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
SELECT s.alert_id, s.rule_id, s.event_id
FROM warehouse.waiting_alerts w
JOIN warehouse.stream_alerts s USING (alert_id)
UNION
SELECT known.alert_id, known.rule_id, known.event_id
FROM (SELECT DISTINCT event_id FROM staging.reconcile_touched_{token}) AS t
JOIN warehouse.alert_reconciliation known USING (event_id);

-- name: waiting
-- Alerts whose event has landed and which name, in seen, an offset that has not: they wait.
WITH beyond AS (
    SELECT DISTINCT c.alert_id
    FROM staging.reconcile_cases_{token} c
    JOIN warehouse.stream_alerts s ON s.alert_id = c.alert_id AND s.topic = %(topic)s
    JOIN staging.reconcile_ranges_{token} own ON own.partition = s.partition AND s."offset" < own.topic_end
    CROSS JOIN LATERAL jsonb_each(s.seen) AS by_key
    CROSS JOIN LATERAL jsonb_each(CASE WHEN jsonb_typeof(by_key.value) = 'object' THEN by_key.value ELSE '{}' END)
        AS last
    JOIN staging.reconcile_ranges_{token} r ON r.partition::text = last.key
    WHERE jsonb_typeof(last.value) = 'number'
      AND (last.value)::numeric >= r.landed_end AND (last.value)::numeric < r.topic_end
), removed AS (
    DELETE FROM staging.reconcile_cases_{token} c USING beyond b WHERE c.alert_id = b.alert_id
)
INSERT INTO staging.reconcile_waiting_{token} SELECT alert_id FROM beyond;

-- name: places
-- Where the events of these alerts lie: the accepted ones, and those that the alerts name.
INSERT INTO staging.reconcile_places_{token}
SELECT a.topic, a.partition, a."offset", a.batch_id
FROM (SELECT DISTINCT event_id FROM staging.reconcile_cases_{token}) AS c
JOIN warehouse.accepted_events a USING (event_id)
UNION
SELECT s.topic, s.partition, s."offset", NULL
FROM staging.reconcile_cases_{token} c
JOIN warehouse.stream_alerts s USING (alert_id);
