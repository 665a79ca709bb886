-- name: accepted_events
INSERT INTO warehouse.accepted_events
    (event_id, event_type, content_hash, topic, partition, "offset", append_time, batch_id)
SELECT event_id, event_type, content_hash, topic, partition, "offset",
       to_timestamp(append_time_ms / 1000.0::float8), %(batch_id)s
FROM staging.land_accepted_{token}
ORDER BY event_id;

-- name: data_quality_issues
-- A place is quarantined once; a file that changed under its name replaces what stood there.
INSERT INTO warehouse.data_quality_issues AS known
    (topic, partition, "offset", event_id, reason, detail, payload, append_time, batch_id)
SELECT DISTINCT ON (topic, partition, "offset")
       topic, partition, "offset", event_id, reason, detail, payload,
       to_timestamp(append_time_ms / 1000.0::float8), %(batch_id)s
FROM staging.land_quarantined_{token}
ORDER BY topic, partition, "offset"
ON CONFLICT (topic, partition, "offset") DO UPDATE
    SET event_id = excluded.event_id, reason = excluded.reason, detail = excluded.detail,
        payload = excluded.payload, append_time = excluded.append_time, detected_at = excluded.detected_at,
        batch_id = excluded.batch_id
    WHERE (known.reason, known.detail, known.payload) IS DISTINCT FROM
          (excluded.reason, excluded.detail, excluded.payload);

-- name: duplicate_messages
INSERT INTO warehouse.duplicate_messages (topic, partition, "offset", event_id, batch_id)
SELECT topic, partition, "offset", event_id, %(batch_id)s
FROM staging.land_refused_{token}
WHERE outcome = 'duplicate'
ON CONFLICT DO NOTHING;
