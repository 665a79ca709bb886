SELECT v.verdict, v.reason, count(*)
FROM warehouse.accepted_events e
JOIN demo_range r
    ON e.topic = r.topic AND e.partition = r.partition AND e."offset" >= r.first AND e."offset" < r.last
JOIN warehouse.alert_reconciliation v ON v.event_id = e.event_id
GROUP BY 1, 2;
