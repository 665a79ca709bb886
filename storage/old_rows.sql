-- What retention takes, in order. %(cutoff)s is a midnight, UTC.
-- name: processed_transactions
DELETE FROM warehouse.processed_transactions WHERE event_time < %(cutoff)s;

-- name: transaction_scores
DELETE FROM warehouse.transaction_scores AS s
WHERE NOT EXISTS (SELECT FROM warehouse.processed_transactions AS t WHERE t.transaction_id = s.transaction_id);

-- name: loans
DELETE FROM warehouse.loans
WHERE greatest(issued_at, last_payment_at) < %(cutoff)s;

-- name: loan_payments
DELETE FROM warehouse.loan_payments AS p
WHERE p.event_time < %(cutoff)s
    AND NOT EXISTS (SELECT FROM warehouse.loans AS l WHERE l.loan_id = p.loan_id);

-- name: loan_default_risk
DELETE FROM warehouse.loan_default_risk AS r
WHERE NOT EXISTS (SELECT FROM warehouse.loans AS l WHERE l.loan_id = r.application_id);

-- name: credit_scores
-- The application in force at the cutoff stays while its user is active: it gives levels later on.
DELETE FROM warehouse.credit_scores AS c
WHERE c.event_time < %(cutoff)s AND (
    EXISTS (
        SELECT FROM warehouse.users AS u
        WHERE u.user_id = c.user_id AND u.application_id = c.application_id AND u.valid_to < %(cutoff)s)
    OR NOT EXISTS (
        SELECT FROM warehouse.users AS u WHERE u.user_id = c.user_id AND u.application_id = c.application_id)
    OR NOT EXISTS (
        SELECT FROM warehouse.processed_transactions AS t WHERE t.user_id = c.user_id
        UNION ALL SELECT FROM warehouse.loans AS l WHERE l.user_id = c.user_id
        UNION ALL SELECT FROM warehouse.credit_scores AS n
            WHERE n.user_id = c.user_id AND n.event_time >= %(cutoff)s));

-- name: published_risk_levels
DELETE FROM warehouse.published_risk_levels AS p
WHERE NOT EXISTS (SELECT FROM warehouse.credit_scores AS c WHERE c.application_id = p.application_id);

-- name: users
DELETE FROM warehouse.users AS u
WHERE u.valid_to < %(cutoff)s
    OR (u.application_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM warehouse.credit_scores AS c WHERE c.application_id = u.application_id))
    OR NOT EXISTS (
        SELECT FROM warehouse.processed_transactions AS t WHERE t.user_id = u.user_id
        UNION ALL SELECT FROM warehouse.loans AS l WHERE l.user_id = u.user_id
        UNION ALL SELECT FROM warehouse.credit_scores AS c WHERE c.user_id = u.user_id);

-- name: fraud_labels
DELETE FROM warehouse.fraud_labels WHERE event_time < %(cutoff)s;

-- name: fraud_outcomes
DELETE FROM warehouse.fraud_outcomes WHERE event_time < %(cutoff)s;

-- name: alert_reconciliation
DELETE FROM warehouse.alert_reconciliation AS r
USING bi.fraud_alerts AS a WHERE a.alert_id = r.alert_id AND a.event_time < %(cutoff)s;

-- name: alert_reconciliation_history
DELETE FROM warehouse.alert_reconciliation_history AS h
WHERE h.judged_at < %(cutoff)s
    AND NOT EXISTS (SELECT FROM warehouse.alert_reconciliation AS r WHERE r.alert_id = h.alert_id);

-- name: stream_alerts
DELETE FROM warehouse.stream_alerts WHERE event_time < %(cutoff)s;

-- name: waiting_alerts
DELETE FROM warehouse.waiting_alerts AS w
WHERE NOT EXISTS (SELECT FROM warehouse.stream_alerts AS s WHERE s.alert_id = w.alert_id);

-- name: missed_alerts
DELETE FROM warehouse.missed_alerts
WHERE to_timestamp((document ->> 'event_time_ms')::bigint / 1000.0::float8) < %(cutoff)s;

-- name: data_quality_issues
DELETE FROM warehouse.data_quality_issues WHERE append_time < %(cutoff)s;
