-- Milliseconds since the epoch, of the accepted events that have an alert.
SELECT e.partition, e."offset", (extract(epoch FROM e.append_time) * 1000)::bigint
FROM warehouse.accepted_events e
JOIN demo_range r
    ON e.topic = r.topic AND e.partition = r.partition AND e."offset" >= r.first AND e."offset" < r.last
WHERE e.event_id IN (SELECT event_id FROM warehouse.alert_reconciliation);
