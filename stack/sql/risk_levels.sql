SELECT s.risk_level, s.decision, count(*)
FROM warehouse.accepted_events e
JOIN demo_range r
    ON e.topic = r.topic AND e.partition = r.partition AND e."offset" >= r.first AND e."offset" < r.last
JOIN warehouse.credit_scores s ON s.application_id = e.event_id
GROUP BY 1, 2;
