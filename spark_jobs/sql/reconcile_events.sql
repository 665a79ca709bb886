-- name: statistics of what was loaded
ANALYZE staging.reconcile_loaded_{token}, staging.reconcile_texts_{token};

-- name: events
INSERT INTO staging.reconcile_events_{token}
SELECT t.topic, t.partition, t."offset", t.append_time_ms, t.event_id, t.event, l.firing, l.evidence, l.is_due
FROM staging.reconcile_loaded_{token} l
JOIN staging.reconcile_texts_{token} t USING (topic, partition, "offset")
ON CONFLICT DO NOTHING;

-- name: loaded rows
TRUNCATE staging.reconcile_loaded_{token}, staging.reconcile_texts_{token};

-- name: index
CREATE INDEX IF NOT EXISTS reconcile_events_{token}_by_id ON staging.reconcile_events_{token} (event_id);

-- name: statistics
ANALYZE staging.reconcile_events_{token};
