-- name: counts
-- One row per outcome and reason: messages.
SELECT outcome, NULL AS reason, count(*) FROM staging.land_outcomes_{token}
WHERE outcome <> 'conflicting_duplicate' GROUP BY outcome
UNION ALL
SELECT 'quarantined', reason, count(DISTINCT (topic, partition, "offset"))
FROM staging.land_quarantined_{token} GROUP BY reason;
