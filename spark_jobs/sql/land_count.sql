-- name: counts
-- One row per outcome and reason: messages.
SELECT 'accepted' AS outcome, NULL AS reason, count(*) FROM staging.land_accepted_{token}
UNION ALL
SELECT 'duplicate', NULL, count(*) FROM staging.land_refused_{token} WHERE outcome = 'duplicate'
UNION ALL
SELECT 'quarantined', reason, count(DISTINCT (topic, partition, "offset"))
FROM staging.land_quarantined_{token} GROUP BY reason;
