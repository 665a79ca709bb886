-- name: credit_scores
INSERT INTO warehouse.credit_scores AS known
    (application_id, user_id, credit_score, loan_amount, currency, region, risk_level, decision, policy_version,
     event_time, append_time, partition, "offset", scored_at, batch_id)
SELECT DISTINCT ON (application_id)
       application_id, user_id, credit_score, loan_amount_cents * 0.01, currency, region, risk_level, decision,
       %(policy_version)s, to_timestamp(event_time_ms / 1000.0::float8),
       to_timestamp(append_time_ms / 1000.0::float8), partition, "offset", now(), %(batch_id)s
FROM staging.score_applications_{token}
ORDER BY application_id
ON CONFLICT (application_id) DO UPDATE
    SET risk_level = excluded.risk_level, decision = excluded.decision, policy_version = excluded.policy_version,
        scored_at = excluded.scored_at, batch_id = excluded.batch_id
    WHERE (known.risk_level, known.decision, known.policy_version) IS DISTINCT FROM
          (excluded.risk_level, excluded.decision, excluded.policy_version);

-- name: fraud_labels
INSERT INTO warehouse.fraud_labels AS known
    (labelled_event_id, is_fraud, source, label_event_id, event_time, append_time, partition, "offset", batch_id)
SELECT DISTINCT ON (labelled_event_id)
       labelled_event_id, is_fraud, source, label_event_id, to_timestamp(event_time_ms / 1000.0::float8),
       to_timestamp(append_time_ms / 1000.0::float8), partition, "offset", %(batch_id)s
FROM staging.score_labels_{token}
ORDER BY labelled_event_id, event_time_ms DESC, append_time_ms DESC, partition DESC, "offset" DESC,
         label_event_id DESC
ON CONFLICT (labelled_event_id) DO UPDATE
    SET is_fraud = excluded.is_fraud, source = excluded.source, label_event_id = excluded.label_event_id,
        event_time = excluded.event_time, append_time = excluded.append_time, partition = excluded.partition,
        "offset" = excluded."offset", batch_id = excluded.batch_id
    WHERE (excluded.event_time, excluded.append_time, excluded.partition, excluded."offset",
           excluded.label_event_id)
        > (known.event_time, known.append_time, known.partition, known."offset", known.label_event_id);

-- name: transactions with a late application
-- Transactions that stand already and whose latest application changed
UPDATE warehouse.processed_transactions AS t
SET credit_score = truth.credit_score, risk_level = truth.risk_level, batch_id = %(batch_id)s
FROM (
    SELECT old.transaction_id, latest.credit_score, latest.risk_level
    FROM (
        SELECT user_id, to_timestamp(min(event_time_ms) / 1000.0::float8) AS since
        FROM staging.score_applications_{token} GROUP BY user_id
    ) AS touched
    JOIN warehouse.processed_transactions AS old
        ON old.user_id = touched.user_id AND old.event_time >= touched.since
    CROSS JOIN LATERAL (
        SELECT c.credit_score, c.risk_level FROM warehouse.credit_scores AS c
        WHERE c.user_id = old.user_id AND c.event_time <= old.event_time
        ORDER BY c.event_time DESC, c.append_time DESC, c.partition DESC, c."offset" DESC, c.application_id DESC
        LIMIT 1
    ) AS latest
    WHERE (old.credit_score, old.risk_level) IS DISTINCT FROM (latest.credit_score, latest.risk_level)
) AS truth
WHERE t.transaction_id = truth.transaction_id;

-- name: transactions with a late label
UPDATE warehouse.processed_transactions AS t
SET is_fraud = label.is_fraud, batch_id = %(batch_id)s
FROM (SELECT DISTINCT labelled_event_id FROM staging.score_labels_{token}) AS touched
JOIN warehouse.fraud_labels AS label USING (labelled_event_id)
WHERE t.transaction_id = touched.labelled_event_id AND t.is_fraud IS DISTINCT FROM label.is_fraud;

-- name: transactions that a repeated task staged twice
DELETE FROM staging.score_transactions_{token} AS again
USING (
    SELECT transaction_id, min(ctid) AS first FROM staging.score_transactions_{token}
    GROUP BY transaction_id HAVING count(*) > 1
) AS repeated
WHERE again.transaction_id = repeated.transaction_id AND again.ctid <> repeated.first;

-- name: processed_transactions
-- In the order of the lake, which is by day: the index of blocks by time rests on it.
INSERT INTO warehouse.processed_transactions AS known
    (transaction_id, user_id, card_id, amount, currency, event_time, city, country, merchant_id,
     merchant_category, card_type, device_id, credit_score, risk_level, is_fraud, batch_id)
SELECT new.transaction_id, new.user_id, new.card_id, new.amount_cents * 0.01, new.currency, new.event_time,
       new.city, new.country, new.merchant_id, new.merchant_category, new.card_type, new.device_id,
       latest.credit_score, latest.risk_level, label.is_fraud, %(batch_id)s
FROM (
    SELECT *, to_timestamp(event_time_ms / 1000.0::float8) AS event_time
    FROM staging.score_transactions_{token}
) AS new
LEFT JOIN LATERAL (
    SELECT c.credit_score, c.risk_level FROM warehouse.credit_scores AS c
    WHERE c.user_id = new.user_id AND c.event_time <= new.event_time
    ORDER BY c.event_time DESC, c.append_time DESC, c.partition DESC, c."offset" DESC, c.application_id DESC
    LIMIT 1
) AS latest ON true
LEFT JOIN warehouse.fraud_labels AS label ON label.labelled_event_id = new.transaction_id
ON CONFLICT (transaction_id) DO UPDATE
    SET credit_score = excluded.credit_score, risk_level = excluded.risk_level, is_fraud = excluded.is_fraud,
        batch_id = excluded.batch_id
    WHERE (known.credit_score, known.risk_level, known.is_fraud) IS DISTINCT FROM
          (excluded.credit_score, excluded.risk_level, excluded.is_fraud);
