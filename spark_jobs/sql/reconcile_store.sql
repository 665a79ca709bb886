-- name: verdicts
-- A verdict that has not changed is not written again.
WITH changed AS (
    INSERT INTO warehouse.alert_reconciliation AS known
        (alert_id, rule_id, rule_version, event_id, verdict, reason, detail, judged_at, batch_id)
    SELECT alert_id, rule_id, rule_version, event_id, verdict, reason, detail, now(), %(batch_id)s
    FROM staging.reconcile_verdicts_{token}
    ORDER BY alert_id
    ON CONFLICT (alert_id) DO UPDATE
        SET rule_version = excluded.rule_version, verdict = excluded.verdict, reason = excluded.reason,
            detail = excluded.detail, judged_at = excluded.judged_at, batch_id = excluded.batch_id
        WHERE (known.rule_version, known.verdict, known.reason, known.detail) IS DISTINCT FROM
              (excluded.rule_version, excluded.verdict, excluded.reason, excluded.detail)
    RETURNING known.*
)
INSERT INTO warehouse.alert_reconciliation_history
    (alert_id, batch_id, rule_id, rule_version, event_id, verdict, reason, detail, judged_at)
SELECT alert_id, batch_id, rule_id, rule_version, event_id, verdict, reason, detail, judged_at FROM changed;

-- name: missed alerts
INSERT INTO warehouse.missed_alerts (alert_id, document, batch_id)
SELECT alert_id, document, %(batch_id)s
FROM staging.reconcile_verdicts_{token} WHERE document IS NOT NULL
ON CONFLICT (alert_id) DO NOTHING;

-- name: waited no more
DELETE FROM warehouse.waiting_alerts w USING staging.reconcile_verdicts_{token} v WHERE w.alert_id = v.alert_id;

-- name: waiting
INSERT INTO warehouse.waiting_alerts (alert_id, batch_id)
SELECT alert_id, %(batch_id)s FROM staging.reconcile_waiting_{token} ON CONFLICT DO NOTHING;
