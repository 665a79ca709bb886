-- name: credit_scores
-- Rows go in by day, so that a block range index of the time finds a day in a few pages.
INSERT INTO warehouse.credit_scores AS known
    (application_id, user_id, credit_score, loan_amount, currency, region, purpose, term_months, annual_income,
     employment_status, risk_level, decision, policy_version,
     event_time, append_time, partition, "offset", scored_at, batch_id)
SELECT DISTINCT ON (event_time_ms / 86400000, application_id)
       application_id, user_id, credit_score, loan_amount_cents * 0.01, currency, region, purpose, term_months,
       annual_income_cents * 0.01, employment_status, risk_level, decision,
       %(policy_version)s, to_timestamp(event_time_ms / 1000.0::float8),
       to_timestamp(append_time_ms / 1000.0::float8), partition, "offset", now(), %(batch_id)s
FROM staging.score_applications_{token}
ORDER BY event_time_ms / 86400000, application_id
ON CONFLICT (application_id) DO UPDATE
    SET purpose = excluded.purpose, term_months = excluded.term_months, annual_income = excluded.annual_income,
        employment_status = excluded.employment_status, risk_level = excluded.risk_level,
        decision = excluded.decision, policy_version = excluded.policy_version,
        scored_at = excluded.scored_at, batch_id = excluded.batch_id
    WHERE (known.purpose, known.term_months, known.annual_income, known.employment_status, known.risk_level,
           known.decision, known.policy_version)
        IS DISTINCT FROM
          (excluded.purpose, excluded.term_months, excluded.annual_income, excluded.employment_status,
           excluded.risk_level, excluded.decision, excluded.policy_version);

-- name: users
-- All periods of the users that applied now, from the one before their first application on.
INSERT INTO warehouse.users AS known
    (user_id, valid_from, valid_to, application_id, credit_score, risk_level, policy_version, region,
     employment_status, annual_income, batch_id)
SELECT user_id, valid_from, lead(valid_from) OVER (PARTITION BY user_id ORDER BY valid_from), application_id,
       credit_score, risk_level, policy_version, region, employment_status, annual_income, %(batch_id)s
FROM (
    SELECT DISTINCT ON (user_id, valid_from) *
    FROM (
        SELECT c.user_id, c.event_time AS valid_from, c.append_time, c.partition, c."offset", c.application_id,
               c.credit_score, c.risk_level, c.policy_version, c.region, c.employment_status, c.annual_income
        FROM (SELECT DISTINCT user_id FROM staging.score_applications_{token}) AS touched
        JOIN warehouse.credit_scores AS c USING (user_id)
        UNION ALL
        SELECT DISTINCT user_id, timestamptz '2000-01-01 00:00:00+00', NULL::timestamptz, NULL::integer,
               NULL::bigint, NULL, NULL::integer, NULL, NULL::integer, NULL, NULL, NULL::numeric
        FROM staging.score_applications_{token}
    ) AS starts
    ORDER BY user_id, valid_from, append_time DESC NULLS LAST, partition DESC, "offset" DESC, application_id DESC
) AS periods
ON CONFLICT (user_id, valid_from) DO UPDATE
    SET valid_to = excluded.valid_to, application_id = excluded.application_id,
        credit_score = excluded.credit_score, risk_level = excluded.risk_level,
        policy_version = excluded.policy_version, region = excluded.region,
        employment_status = excluded.employment_status, annual_income = excluded.annual_income,
        batch_id = excluded.batch_id
    WHERE (known.valid_to, known.application_id, known.risk_level, known.policy_version, known.employment_status,
           known.annual_income)
        IS DISTINCT FROM
          (excluded.valid_to, excluded.application_id, excluded.risk_level, excluded.policy_version,
           excluded.employment_status, excluded.annual_income);

-- name: users without an application
INSERT INTO warehouse.users (user_id, valid_from, batch_id)
SELECT seen.user_id, timestamptz '2000-01-01 00:00:00+00', %(batch_id)s
FROM (
    SELECT user_id FROM staging.score_transactions_{token}
    UNION SELECT user_id FROM staging.score_payments_{token}
) AS seen
WHERE NOT EXISTS (SELECT FROM warehouse.users AS known WHERE known.user_id = seen.user_id);

-- name: fraud_outcomes
INSERT INTO warehouse.fraud_outcomes
    (label_event_id, labelled_event_id, is_fraud, source, event_time, append_time, partition, "offset", batch_id)
SELECT DISTINCT ON (label_event_id)
       label_event_id, labelled_event_id, is_fraud, source, to_timestamp(event_time_ms / 1000.0::float8),
       to_timestamp(append_time_ms / 1000.0::float8), partition, "offset", %(batch_id)s
FROM staging.score_labels_{token}
ORDER BY label_event_id
ON CONFLICT DO NOTHING;

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
SET is_fraud = label.is_fraud, is_fraud_known_at = label.event_time, batch_id = %(batch_id)s
FROM (SELECT DISTINCT labelled_event_id FROM staging.score_labels_{token}) AS touched
JOIN warehouse.fraud_labels AS label USING (labelled_event_id)
WHERE t.transaction_id = touched.labelled_event_id
    AND (t.is_fraud, t.is_fraud_known_at) IS DISTINCT FROM (label.is_fraud, label.event_time);

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
     merchant_category, card_type, device_id, channel, credit_score, risk_level, is_fraud, is_fraud_known_at,
     batch_id)
SELECT new.transaction_id, new.user_id, new.card_id, new.amount_cents * 0.01, new.currency,
       to_timestamp(new.event_time_ms / 1000.0::float8), new.city, new.country, new.merchant_id,
       new.merchant_category, new.card_type, new.device_id, new.channel, customer.credit_score,
       customer.risk_level, label.is_fraud, label.event_time, %(batch_id)s
FROM staging.score_transactions_{token} AS new
LEFT JOIN warehouse.users AS customer
    ON customer.user_id = new.user_id
    AND customer.valid_from <= to_timestamp(new.event_time_ms / 1000.0::float8)
    AND (customer.valid_to IS NULL OR customer.valid_to > to_timestamp(new.event_time_ms / 1000.0::float8))
LEFT JOIN warehouse.fraud_labels AS label ON label.labelled_event_id = new.transaction_id
ON CONFLICT (transaction_id) DO UPDATE
    SET channel = excluded.channel, credit_score = excluded.credit_score, risk_level = excluded.risk_level,
        is_fraud = excluded.is_fraud, is_fraud_known_at = excluded.is_fraud_known_at, batch_id = excluded.batch_id
    WHERE (known.channel, known.credit_score, known.risk_level, known.is_fraud, known.is_fraud_known_at)
        IS DISTINCT FROM
          (excluded.channel, excluded.credit_score, excluded.risk_level, excluded.is_fraud,
           excluded.is_fraud_known_at);

-- name: merchants
WITH span AS (
    SELECT merchant_id, min(event_time_ms) AS first_ms, max(event_time_ms) AS last_ms
    FROM staging.score_transactions_{token} GROUP BY merchant_id
)
INSERT INTO warehouse.merchants AS known
    (merchant_id, merchant_category, country, city, first_transaction_at, last_transaction_at,
     last_transaction_id, batch_id)
SELECT DISTINCT ON (merchant_id)
       merchant_id, merchant_category, country, city, to_timestamp(first_ms / 1000.0::float8),
       to_timestamp(last_ms / 1000.0::float8), transaction_id, %(batch_id)s
FROM staging.score_transactions_{token} AS latest
JOIN span USING (merchant_id)
WHERE latest.event_time_ms = span.last_ms
ORDER BY merchant_id, transaction_id DESC
ON CONFLICT (merchant_id) DO UPDATE
    SET (merchant_category, country, city, last_transaction_at, last_transaction_id) = (
            SELECT later.* FROM (VALUES
                (known.merchant_category, known.country, known.city, known.last_transaction_at,
                 known.last_transaction_id),
                (excluded.merchant_category, excluded.country, excluded.city, excluded.last_transaction_at,
                 excluded.last_transaction_id)
            ) AS later (merchant_category, country, city, at, id) ORDER BY at DESC, id DESC LIMIT 1),
        first_transaction_at = least(known.first_transaction_at, excluded.first_transaction_at),
        batch_id = excluded.batch_id
    WHERE excluded.first_transaction_at < known.first_transaction_at
        OR (excluded.last_transaction_at, excluded.last_transaction_id)
            > (known.last_transaction_at, known.last_transaction_id);

-- name: loan_payments
INSERT INTO warehouse.loan_payments
    (payment_id, loan_id, user_id, status, amount, days_past_due, event_time, append_time, partition, "offset",
     batch_id)
SELECT DISTINCT ON (event_time_ms / 86400000, payment_id)
       payment_id, loan_id, user_id, status, amount_cents * 0.01, days_past_due,
       to_timestamp(event_time_ms / 1000.0::float8), to_timestamp(append_time_ms / 1000.0::float8),
       partition, "offset", %(batch_id)s
FROM staging.score_payments_{token}
ORDER BY event_time_ms / 86400000, payment_id
ON CONFLICT DO NOTHING;

-- name: loans
-- What an application once said stays when retention has taken the application itself.
WITH touched AS (
    SELECT application_id AS loan_id FROM staging.score_applications_{token}
    UNION SELECT loan_id FROM staging.score_payments_{token}
), paid AS (
    SELECT loan_id, count(*) FILTER (WHERE status = 'made') AS made,
           count(*) FILTER (WHERE status = 'missed') AS missed,
           sum(amount) FILTER (WHERE status = 'made') AS amount_paid,
           min(event_time) AS first_at, max(event_time) AS last_at,
           (array_agg(delinquency ORDER BY event_time DESC, append_time DESC, partition DESC, "offset" DESC))[1]
               AS delinquency,
           (array_agg(user_id ORDER BY event_time, append_time, partition, "offset"))[1] AS user_id,
           max(days_past_due) FILTER (WHERE status = 'missed') AS days_past_due_max,
           min(event_time) FILTER (WHERE delinquency = '90+') AS defaulted_at
    FROM warehouse.loan_payments
    WHERE loan_id IN (SELECT loan_id FROM touched)
    GROUP BY loan_id
)
INSERT INTO warehouse.loans AS known
    (loan_id, user_id, loan_amount, currency, region, purpose, term_months, credit_score, risk_level, issued_at,
     payments_made, payments_missed, amount_paid, first_payment_at, last_payment_at, delinquency,
     days_past_due_max, defaulted_at, batch_id)
SELECT loan_id, coalesce(asked.user_id, paid.user_id), asked.loan_amount, asked.currency, asked.region,
       asked.purpose, asked.term_months, asked.credit_score, asked.risk_level, asked.event_time,
       coalesce(paid.made, 0), coalesce(paid.missed, 0), coalesce(paid.amount_paid, 0), paid.first_at,
       paid.last_at, coalesce(paid.delinquency, 'no payment due'), paid.days_past_due_max, paid.defaulted_at,
       %(batch_id)s
FROM touched
LEFT JOIN warehouse.credit_scores AS asked ON asked.application_id = touched.loan_id
LEFT JOIN paid USING (loan_id)
WHERE asked.decision = 'approve' OR paid.loan_id IS NOT NULL
ORDER BY asked.event_time, loan_id
ON CONFLICT (loan_id) DO UPDATE
    SET user_id = excluded.user_id,
        loan_amount = coalesce(excluded.loan_amount, known.loan_amount),
        currency = coalesce(excluded.currency, known.currency), region = coalesce(excluded.region, known.region),
        purpose = coalesce(excluded.purpose, known.purpose),
        term_months = coalesce(excluded.term_months, known.term_months),
        credit_score = coalesce(excluded.credit_score, known.credit_score),
        risk_level = coalesce(excluded.risk_level, known.risk_level),
        issued_at = coalesce(excluded.issued_at, known.issued_at),
        payments_made = excluded.payments_made, payments_missed = excluded.payments_missed,
        amount_paid = excluded.amount_paid, first_payment_at = excluded.first_payment_at,
        last_payment_at = excluded.last_payment_at, delinquency = excluded.delinquency,
        days_past_due_max = excluded.days_past_due_max, defaulted_at = excluded.defaulted_at,
        batch_id = excluded.batch_id
    WHERE (known.issued_at, known.risk_level, known.payments_made, known.payments_missed, known.delinquency,
           known.last_payment_at, known.purpose, known.term_months)
        IS DISTINCT FROM
          (excluded.issued_at, excluded.risk_level, excluded.payments_made, excluded.payments_missed,
           excluded.delinquency, excluded.last_payment_at, excluded.purpose, excluded.term_months);

-- name: loans that a stricter policy takes back
DELETE FROM warehouse.loans AS l
USING staging.score_applications_{token} AS a
WHERE l.loan_id = a.application_id AND a.decision <> 'approve' AND l.last_payment_at IS NULL;
