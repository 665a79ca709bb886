-- name: outcomes
-- One row per candidate message with its outcome. A known event_id is found by the ledger's index.
CREATE UNLOGGED TABLE staging.land_outcomes_{token} AS
WITH placed AS (
    SELECT *,
           first_value(content_hash) OVER by_event AS first_content_hash,
           row_number() OVER by_event AS nth,
           lag(topic) OVER by_event = topic AND lag(partition) OVER by_event = partition
               AND lag("offset") OVER by_event = "offset" AS is_repeat
    FROM staging.land_candidates_{token}
    WINDOW by_event AS (PARTITION BY event_id ORDER BY append_time_ms, topic, partition, "offset")
)
SELECT p.event_id, p.event_type, p.content_hash, p.topic, p.partition, p."offset", p.append_time_ms,
       CASE WHEN known.event_id IS NULL AND p.nth = 1 THEN 'accepted'
            WHEN p.content_hash = coalesce(known.content_hash, p.first_content_hash) THEN 'duplicate'
            ELSE 'conflicting_duplicate' END AS outcome
FROM placed p
LEFT JOIN warehouse.accepted_events known USING (event_id)
WHERE p.is_repeat IS NOT TRUE;

-- name: refused
CREATE UNLOGGED TABLE staging.land_refused_{token} AS
SELECT topic, partition, "offset", event_id, outcome
FROM staging.land_outcomes_{token}
WHERE outcome <> 'accepted';
