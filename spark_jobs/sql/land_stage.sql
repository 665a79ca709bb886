-- name: candidates
-- One row per message, or more where Spark repeated a task; places tell repeats apart.
CREATE UNLOGGED TABLE staging.land_candidates_{token} (
    event_id text COLLATE "C", event_type text COLLATE "C", content_hash bytea,
    topic text COLLATE "C", partition integer, "offset" bigint, append_time_ms bigint
);

-- name: quarantined
CREATE UNLOGGED TABLE staging.land_quarantined_{token} (
    topic text COLLATE "C", partition integer, "offset" bigint, append_time_ms bigint,
    event_id text, reason text, detail text, payload bytea
);
