-- name: events
INSERT INTO staging.reconcile_events_{token}
SELECT * FROM staging.reconcile_loaded_{token} ON CONFLICT DO NOTHING;

-- name: loaded rows
TRUNCATE staging.reconcile_loaded_{token};

-- name: index
CREATE INDEX IF NOT EXISTS reconcile_events_{token}_by_id ON staging.reconcile_events_{token} (event_id);

-- name: statistics
ANALYZE staging.reconcile_events_{token};
