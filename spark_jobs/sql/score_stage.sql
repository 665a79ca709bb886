-- name: applications
CREATE UNLOGGED TABLE staging.score_applications_{token} (
    application_id text COLLATE "C", user_id text COLLATE "C", credit_score integer, loan_amount_cents bigint,
    currency text, region text, purpose text, term_months integer, annual_income_cents bigint,
    employment_status text, risk_level text, decision text,
    event_time_ms bigint, append_time_ms bigint, partition integer, "offset" bigint
);

-- name: transactions
CREATE UNLOGGED TABLE staging.score_transactions_{token} (
    transaction_id text COLLATE "C", user_id text COLLATE "C", card_id text, amount_cents bigint, currency text,
    event_time_ms bigint, city text, country text, merchant_id text, merchant_category text, card_type text,
    device_id text, channel text
);

-- name: labels
CREATE UNLOGGED TABLE staging.score_labels_{token} (
    labelled_event_id text COLLATE "C", is_fraud boolean, source text, label_event_id text COLLATE "C",
    event_time_ms bigint, append_time_ms bigint, partition integer, "offset" bigint
);

-- name: payments
CREATE UNLOGGED TABLE staging.score_payments_{token} (
    payment_id text COLLATE "C", loan_id text COLLATE "C", user_id text COLLATE "C", status text,
    amount_cents bigint, days_past_due integer,
    event_time_ms bigint, append_time_ms bigint, partition integer, "offset" bigint
);
