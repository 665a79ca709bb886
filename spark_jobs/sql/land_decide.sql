-- name: repeated ids
-- The ids that stand on more than one candidate row, by message or by a task that Spark repeated.
CREATE UNLOGGED TABLE staging.land_repeated_{token} AS
SELECT event_id FROM staging.land_candidates_{token} GROUP BY event_id HAVING count(*) > 1;

-- name: statistics of repeated ids
ANALYZE staging.land_repeated_{token};

-- name: refused
-- One row per candidate message that is not accepted, with its outcome: the first message of an id is accepted
-- unless the ledger has the id.
CREATE UNLOGGED TABLE staging.land_refused_{token} AS
WITH placed AS (
    SELECT c.*,
           first_value(content_hash) OVER by_event AS first_content_hash,
           row_number() OVER by_event AS nth
    FROM (
        SELECT DISTINCT event_id, content_hash, topic, partition, "offset", append_time_ms
        FROM staging.land_candidates_{token} JOIN staging.land_repeated_{token} USING (event_id)
    ) AS c
    WINDOW by_event AS (PARTITION BY event_id ORDER BY append_time_ms, topic, partition, "offset")
), known AS (
    SELECT DISTINCT c.event_id, c.content_hash, c.topic, c.partition, c."offset",
           ledger.content_hash AS first_content_hash
    FROM staging.land_candidates_{token} AS c JOIN warehouse.accepted_events AS ledger USING (event_id)
), refused AS (
    SELECT event_id, content_hash, topic, partition, "offset", first_content_hash FROM known
    UNION ALL
    SELECT event_id, content_hash, topic, partition, "offset", first_content_hash FROM placed
    WHERE nth > 1 AND NOT EXISTS (SELECT FROM known WHERE known.event_id = placed.event_id)
)
SELECT topic, partition, "offset", event_id,
       CASE WHEN content_hash = first_content_hash THEN 'duplicate' ELSE 'conflicting_duplicate' END AS outcome
FROM refused;

-- name: statistics of refused messages
ANALYZE staging.land_refused_{token};

-- name: accepted
-- One row per accepted event.
CREATE UNLOGGED TABLE staging.land_accepted_{token} AS
SELECT event_id, event_type, content_hash, topic, partition, "offset", append_time_ms
FROM staging.land_candidates_{token} AS c
WHERE NOT EXISTS (SELECT FROM staging.land_refused_{token} AS refused
                  WHERE (refused.topic, refused.partition, refused."offset") = (c.topic, c.partition, c."offset"))
  AND NOT EXISTS (SELECT FROM staging.land_repeated_{token} AS repeated WHERE repeated.event_id = c.event_id)
UNION ALL
SELECT * FROM (
    SELECT DISTINCT ON (event_id)
           event_id, event_type, content_hash, topic, partition, "offset", append_time_ms
    FROM staging.land_candidates_{token} AS c JOIN staging.land_repeated_{token} USING (event_id)
    WHERE NOT EXISTS (SELECT FROM staging.land_refused_{token} AS refused
                      WHERE (refused.topic, refused.partition, refused."offset") = (c.topic, c.partition, c."offset"))
    ORDER BY event_id
) AS firsts;
